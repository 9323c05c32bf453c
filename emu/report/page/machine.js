// SPDX-License-Identifier: MIT
//
// The machine at a step. The page holds, packed, what each step changed (the
// keys are explained in html.c); going forward keeps what was there, to go
// back, of so many steps: farther back is forward again from the beginning.
"use strict";

let data;
let steps; // steps[0]: before the first
const machine = {
  at: -1,
  frames: new Map(), // mfn: [mfn, [count_info, type_info, owner, ...]]
  pages: new Map(), // mfn: a map of slots that are not 0
  names: new Map(),
  bases: [],
  touched: new Set(), // frames whose cells in the map are to be drawn anew
  undo: [],
  keep: 1000,
};

// A state: split when it is wanted first.
function state(i) {
  const s = data.states[i];
  if (typeof s !== "string") return s;
  const [count, type, ...rest] = s.split(" ");
  return (data.states[i] = [count, type, ...rest.map(Number)]);
}

// One step. Its parts are made when somebody wants them: most are never seen.
class Step {
  constructor(chunk, k, f, e) {
    this.chunk = chunk;
    this.k = k;
    this.fAt = f; // where its frames and entries begin, with their number
    this.eAt = e;
  }
  get t() {
    const c = this.chunk;
    if (!c.calls) c.calls = c.t.split("\n");
    return c.calls[this.k];
  }
  get answer() {
    const i = this.chunk.a[this.k];
    const a = data.answers[i];
    return typeof a === "string" ? (data.answers[i] = a.split("\t")) : a;
  }
  get a() {
    return this.answer[0];
  }
  get v() {
    return Number(this.answer[1]);
  }
  get r() {
    return this.answer[2];
  }
  get w() {
    return this.answer[3] ? this.answer[3].split(" ") : [];
  }
  get f() {
    const all = this.chunk.f;
    const list = [];
    for (let n = all[this.fAt], i = this.fAt + 1; n > 0; n--, i += 2)
      list.push([all[i], state(all[i + 1])]);
    return list;
  }
  get e() {
    const all = this.chunk.e;
    const list = [];
    for (let n = all[this.eAt], i = this.eAt + 1; n > 0; n--, i += 3)
      list.push([all[i], all[i + 1], data.values[all[i + 2]]]);
    return list;
  }
  get n() {
    return this.chunk.n[this.k];
  }
  get b() {
    return this.chunk.b[this.k];
  }
  // Calls with each frame that it changed, and the number of its state.
  frames(call) {
    const { f } = this.chunk;
    for (let n = f[this.fAt], i = this.fAt + 1; n > 0; n--, i += 2) call(f[i], f[i + 1]);
  }
  // Has it changed the frame, or what is in it?
  changes(mfn) {
    const { f, e } = this.chunk;
    for (let n = f[this.fAt], i = this.fAt + 1; n > 0; n--, i += 2) if (f[i] === mfn) return true;
    for (let n = e[this.eAt], i = this.eAt + 1; n > 0; n--, i += 3) if (e[i] === mfn) return true;
    return false;
  }
}

function makeSteps() {
  const all = [];
  for (const chunk of data.chunks)
    for (let k = 0, f = 0, e = 0; k < chunk.a.length; k++) {
      all.push(new Step(chunk, k, f, e));
      f += 1 + 2 * chunk.f[f];
      e += 1 + 3 * chunk.e[e];
    }
  return all;
}

async function unpack() {
  const text = atob(document.getElementById("trace").textContent);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  data = await new Response(plain).json();
  steps = makeSteps();
}

function putEntry(mfn, slot, value) {
  let page = machine.pages.get(mfn);
  if (!page) machine.pages.set(mfn, (page = new Map()));
  const was = page.get(slot) || "0";
  if (value === "0") page.delete(slot);
  else page.set(slot, value);
  return was;
}

function putFrame(mfn, frame) {
  const was = machine.frames.get(mfn);
  machine.touched.add(mfn);
  if (frame) machine.frames.set(mfn, frame);
  else machine.frames.delete(mfn);
  return was;
}

// Without a way back.
function leap() {
  const s = steps[++machine.at];
  const { f, e } = s.chunk;
  for (let n = f[s.fAt], i = s.fAt + 1; n > 0; n--, i += 2) putFrame(f[i], [f[i], state(f[i + 1])]);
  for (let n = e[s.eAt], i = s.eAt + 1; n > 0; n--, i += 3) putEntry(e[i], e[i + 1], data.values[e[i + 2]]);
  putOthers(s);
}

function putOthers(s) {
  if (s.n) {
    machine.names = new Map();
    for (const [mfn, name] of s.n)
      if (!machine.names.has(mfn)) machine.names.set(mfn, name);
  }
  if (s.b) machine.bases = s.b;
}

function forward() {
  const i = ++machine.at;
  const s = steps[i];
  const undo = {
    f: s.f.map((f) => [f[0], putFrame(f[0], f)]),
    e: s.e.map(([mfn, slot, v]) => [mfn, slot, putEntry(mfn, slot, v)]),
    n: machine.names,
    b: machine.bases,
  };
  putOthers(s);
  machine.undo[i] = undo;
}

function back() {
  const undo = machine.undo[machine.at];
  machine.undo[machine.at--] = undefined;
  for (const [mfn, frame] of undo.f) putFrame(mfn, frame);
  for (const [mfn, slot, v] of undo.e) putEntry(mfn, slot, v);
  machine.names = undo.n;
  machine.bases = undo.b;
}

function forget() {
  for (const mfn of machine.frames.keys()) machine.touched.add(mfn);
  machine.at = -1;
  machine.frames.clear();
  machine.pages.clear();
  machine.names = new Map();
  machine.bases = [];
  machine.undo = [];
}

function moveTo(step) {
  if (step < machine.at && !machine.undo[step]) forget();
  if (step - machine.at > machine.keep) machine.undo = [];
  while (step - machine.at > machine.keep) leap();
  while (machine.at < step) forward();
  while (machine.at > step) back();
}

// 64 bits in hexadecimal, as two halves.
function halves(hex) {
  return [parseInt(hex.slice(0, -8) || "0", 16), parseInt(hex.slice(-8), 16)];
}

const TYPES = ["none", "L1", "L2", "L3", "L4", "seg_desc", "shared", "writable"];
const decoded = new WeakMap();

function decode(raw) {
  let f = decoded.get(raw);
  if (f) return f;
  const [countInfo, typeInfo, owner, linear, nrValidated, partialSet] = raw[1];
  const [c, type] = [halves(countInfo), halves(typeInfo)];
  f = {
    mfn: raw[0],
    type: TYPES[type[0] >>> 29],
    level: (type[0] >>> 29) % 8 <= 4 ? type[0] >>> 29 : 0,
    T: (type[0] & 0x7fffff) * 2 ** 32 + type[1],
    C: (c[0] & 0x1ffffff) * 2 ** 32 + c[1],
    free: ((c[0] >>> 26) & 3) === 3,
    pinned: !!(type[0] & (1 << 27)),
    validated: !!(type[0] & (1 << 26)),
    partial: !!(type[0] & (1 << 24)),
    owner,
    linear,
    nrValidated,
    partialSet,
    countInfo,
    typeInfo,
  };
  if (!f.T) f.level = 0; // no live table
  decoded.set(raw, f);
  return f;
}

function frame(mfn) {
  const raw = machine.frames.get(mfn);
  return raw && decode(raw);
}

function entry(hex) {
  const [hi, lo] = halves(hex);
  return { hex, hi, lo, mfn: (hi & 0xfffff) * 2 ** 20 + (lo >>> 12), present: !!(lo & 1) };
}

// Xen's own slots of an L4. They stay there when it is a table no more.
function isXens(mfn, slot) {
  const f = frame(mfn);
  return slot >= 256 && slot <= 271 && !!f && f.type === "L4";
}

// Slots of a page in their order; Xen's own are left out.
function entriesOf(mfn) {
  const page = machine.pages.get(mfn);
  if (!page) return [];
  return [...page]
    .filter(([slot]) => !isXens(mfn, slot))
    .sort((a, b) => a[0] - b[0])
    .map(([slot, hex]) => ({ slot, e: entry(hex) }));
}

// Entries of tables that name a frame.
function referrers(mfn) {
  const all = [];
  for (const table of machine.pages.keys()) {
    const f = frame(table);
    if (f && f.level)
      for (const { slot, e } of entriesOf(table))
        if (e.present && e.mfn === mfn) all.push({ table, slot, e });
  }
  return all;
}

// What an address leads to on a vCPU's base.
function walk(base, va) {
  const path = [];
  let table = base;
  const rights = { RW: true, US: true, NX: false };
  for (let level = 4; level >= 1; level--) {
    const slot = Number((va >> BigInt(12 + 9 * (level - 1))) & 511n);
    const hex = machine.pages.has(table) && machine.pages.get(table).get(slot);
    path.push({ table, slot });
    if (!hex) return { path, end: "no entry" };
    const e = entry(hex);
    if (!e.present) return { path, end: "not present" };
    rights.RW = rights.RW && !!(e.lo & 2);
    rights.US = rights.US && !!(e.lo & 4);
    rights.NX = rights.NX || e.hi >>> 31 === 1;
    if (level === 4 && isXens(table, slot)) return { path, end: "Xen's own" };
    if (level === 1 || (level < 4 && e.lo & 0x80))
      return { path, mfn: e.mfn, rights, superpage: level > 1 };
    table = e.mfn;
  }
  return { path };
}
