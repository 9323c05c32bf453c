// SPDX-License-Identifier: MIT
//
// The frames as a map, coloured by type, and one frame in detail.
"use strict";

const LABELLED = 200; // more frames than this are squares without words
const PART = 512;
const cells = new Map();
const map = { names: null, marked: [], counts: new Map(), used: 0 }; // as drawn
let chosen = null;

// Every frame that is used at any step has a cell, under its first owner.
function buildMap() {
  const groups = new Map();
  for (const s of steps)
    s.frames((mfn, i) => {
      if (cells.has(mfn)) return;
      const owner = ownerOf(decode([mfn, state(i)]));
      if (!groups.has(owner)) groups.set(owner, []);
      groups.get(owner).push(mfn);
      cells.set(mfn, null);
    });
  $("map").className = cells.size <= LABELLED ? "labelled" : "";
  // Domains first.
  const order = (owner) => (owner[0] === "d" ? 0 : 1) + owner;
  for (const owner of [...groups.keys()].sort((a, b) => (order(a) < order(b) ? -1 : 1))) {
    const group = make("div", "group", make("h3", "", owner));
    let box = null; // a part, which is laid out when it is in sight
    for (const mfn of groups.get(owner).sort((a, b) => a - b)) {
      if (!box || box.childElementCount === PART) {
        box = make("div", "cells");
        group.append(box);
      }
      const cell = make("button", "cell");
      cell.onclick = () => chooseFrame(mfn);
      cell.dataset.mfn = mfn;
      cell.tabIndex = -1;
      cells.set(mfn, cell);
      box.append(cell);
    }
    $("map").append(group);
  }
  const first = $("map").querySelector(".cell");
  if (first) first.tabIndex = 0;
}

// One stop for the tabulator; the arrows go from frame to frame.
function mapKey(event) {
  const all = [...$("map").querySelectorAll(".cell")];
  const i = all.indexOf(document.activeElement);
  const below = (a, b) => a.offsetTop < b.offsetTop && a.offsetLeft === b.offsetLeft;
  const to = {
    ArrowRight: () => all[i + 1],
    ArrowLeft: () => all[i - 1],
    ArrowDown: () => all.slice(i).find((cell) => below(all[i], cell)),
    ArrowUp: () => all.slice(0, i).reverse().find((cell) => below(cell, all[i])),
  }[event.key];
  if (i < 0 || !to) return;
  event.preventDefault();
  const cell = to();
  if (!cell) return;
  all[i].tabIndex = -1;
  cell.tabIndex = 0;
  cell.focus();
}

function count(type, by) {
  if (!type) return;
  map.used += by;
  map.counts.set(type, (map.counts.get(type) || 0) + by);
}

function drawCell(mfn, changed) {
  const cell = cells.get(mfn);
  if (!cell) return;
  const f = frame(mfn);
  const free = !f || f.free;
  const type = free ? "none" : f.type;
  count(cell.counted, -1);
  cell.counted = free ? null : type;
  count(cell.counted, 1);
  cell.className = "cell" + (free ? " free" : f.T ? "" : " unused") +
    (changed ? " changed" : "") + (mfn === chosen ? " chosen" : "");
  cell.style.background = "var(--" + type + ")";
  cell.style.color = "var(--" + type + "t)";
  cell.title = nameOf(mfn) + " (" + hex(mfn) + ") " + stateText(machine.frames.get(mfn)) + ", " + ownerOf(f);
  if (cells.size <= LABELLED)
    cell.replaceChildren(nameOf(mfn), make("small", "", free ? "free" : f.type + " " + f.T + "/" + f.C));
}

// A machine has tens of thousands, of which a step touches five.
function renderMap() {
  const changed = new Set(machine.at ? steps[machine.at].f.map((f) => f[0]) : []);
  const marked = [...changed, chosen];
  const all = map.names === machine.names ? [...machine.touched, ...map.marked, ...marked] : cells.keys();
  for (const mfn of new Set(all)) drawCell(mfn, changed.has(mfn));
  machine.touched.clear();
  map.names = machine.names;
  map.marked = marked;
  $("legend").replaceChildren(...TYPES.filter((t) => map.counts.get(t)).reverse().map((t) => {
    const colour = make("i");
    colour.style.background = "var(--" + t + ")";
    return make("span", "", colour, t + " " + map.counts.get(t));
  }), make("span", "soft", data.about.frames - map.used + " free"),
  make("span", "soft", make("i", "changed"), "changed by this step"));
}

function changesOf(mfn) {
  const all = [];
  for (let i = 0; i < steps.length && all.length < 200; i++)
    if (steps[i].changes(mfn)) all.push(i);
  return all;
}

function pairs(list) {
  const dl = make("dl");
  for (const [term, text] of list) dl.append(make("dt", "", term), make("dd", "", text));
  return dl;
}

function renderFrame() {
  const box = $("frame");
  const f = frame(chosen);
  if (chosen === null) {
    box.replaceChildren(make("p", "soft", "Choose a frame in the map or in the tree."));
    return;
  }
  const all = [make("h3", "", nameOf(chosen) + " ", badge(f))];
  const facts = [["frame", hex(chosen) + ", machine address " + hex(chosen * 4096)], ["owner", ownerOf(f)]];
  if (f && !f.free)
    facts.push(["T", f.T + " of type " + f.type], ["C", String(f.C)], ["marks", marksOf(f) || "none"],
      ["count_info", "0x" + f.countInfo], ["type_info", "0x" + f.typeInfo]);
  all.push(pairs(facts));
  const from = referrers(chosen);
  const bases = basesOf(chosen);
  all.push(make("h4", "", "Named by " + (from.length ? plural(from.length, "entry", "entries") : "no entry")));
  if (bases) all.push(make("p", "", bases));
  for (const { table, slot, e } of from.slice(0, 100))
    all.push(make("p", "mono", frameLink(table), "[" + slot + "] " + flagsOf(e)));
  const entries = entriesOf(chosen);
  if (entries.length) all.push(make("h4", "", "Entries"));
  for (const { slot, count, e, stride } of runs(f ? f.level : 0, entries))
    all.push(make("p", "mono", "[" + slot + (count > 1 ? "\u2026" + (slot + count - 1) : "") + "] " + flagsOf(e) + " \u2192 ",
      frameLink(e.mfn), stride ? "\u2026" + hex(e.mfn + count - 1) : ""));
  const changes = changesOf(chosen);
  all.push(make("h4", "", "Changed by"));
  const line = make("p");
  for (const i of changes) line.append(stepLink(i), "  ");
  all.push(line);
  box.replaceChildren(...all);
}

function chooseFrame(mfn) {
  chosen = mfn;
  renderMap();
  renderTree();
  renderFrame();
  const cell = cells.get(mfn);
  if (cell) cell.scrollIntoView({ block: "nearest" });
  const row = $("tree").querySelector(".chosen");
  if (row) row.scrollIntoView({ block: "nearest" });
  saveHash();
}
