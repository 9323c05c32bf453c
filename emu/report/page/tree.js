// SPDX-License-Identifier: MIT
//
// The tables as a tree. Only what is open is made; what a person opens or
// closes stays so at other steps. Keys are those of any tree: arrows, Home,
// End; Enter chooses the frame.
"use strict";

const tree = { turned: new Map(), allOpen: null, rows: [], focus: null };

// The child of an entry: a table one level below; else the entry is a leaf.
function child(level, e) {
  if (!e.present || level < 2) return null;
  const f = frame(e.mfn);
  return f && f.level === level - 1 ? f : null;
}

// Unless told otherwise, what is not too long is open, once.
function isOpen(path, first, mfn, nrTables) {
  if (tree.turned.has(path)) return tree.turned.get(path);
  if (tree.allOpen !== null) return tree.allOpen;
  return first && nrTables <= 40 && machine.pages.has(mfn) && machine.pages.get(mfn).size <= 64;
}

function tables() {
  const all = [];
  for (const raw of machine.frames.values()) {
    const f = decode(raw);
    if (f.level) all.push(f);
  }
  return all.sort((a, b) => b.level - a.level || a.mfn - b.mfn);
}

// Consecutive slots with the same entry, or the next frames without names.
function runs(level, entries) {
  const all = [];
  for (const { slot, e } of entries) {
    const last = all[all.length - 1];
    if (last && !child(level, e) && !child(level, last.e) && slot === last.slot + last.count &&
        e.hi === last.e.hi && (e.lo & 0xfff) === (last.e.lo & 0xfff)) {
      const step = e.mfn - last.e.mfn;
      const plain = !machine.names.has(e.mfn) && !machine.names.has(last.e.mfn);
      if ((step === 0 && !last.stride) ||
          (step === last.count && plain && (last.stride || last.count === 1))) {
        last.count++;
        last.stride = step !== 0;
        continue;
      }
    }
    all.push({ slot, e, count: 1, stride: false });
  }
  return all;
}

function addTable(f, level, path, depth, seen) {
  seen.add(f.mfn);
  for (const run of runs(level, entriesOf(f.mfn))) {
    const below = child(level, run.e);
    const row = { path: path + "/" + run.slot, depth, run, table: f.mfn, mfn: run.e.mfn, level };
    tree.rows.push(row);
    if (!below || !entriesOf(below.mfn).length) continue;
    row.turns = true;
    row.open = isOpen(row.path, !seen.has(below.mfn), below.mfn, seen.count);
    if (row.open) addTable(below, below.level, row.path, depth + 1, seen);
    else seen.add(below.mfn);
  }
}

function basesOf(mfn) {
  const all = [];
  for (const [domain, vcpu, base, user] of machine.bases) {
    if (base === mfn) all.push("base of d" + domain + "." + vcpu);
    if (user === mfn) all.push("user base of d" + domain + "." + vcpu);
  }
  return all.join(", ");
}

function addRoot(f, level, seen) {
  const row = { path: String(f.mfn), depth: 0, mfn: f.mfn, root: true };
  row.turns = entriesOf(f.mfn).length > 0;
  row.open = row.turns && isOpen(row.path, true, f.mfn, seen.count);
  tree.rows.push(row);
  if (row.open) addTable(f, level, row.path, 1, seen);
  else seen.add(f.mfn);
}

function buildRows() {
  const all = tables();
  const led = new Set();
  for (const f of all)
    if (f.level > 1)
      for (const { e } of entriesOf(f.mfn)) if (child(f.level, e)) led.add(e.mfn);
  const seen = new Set();
  seen.count = all.length;
  tree.rows = [];
  for (const f of all) if (!led.has(f.mfn)) addRoot(f, f.level, seen);
  const others = [...machine.pages.keys()].sort((a, b) => a - b).map(frame)
    .filter((f) => f && !f.level && entriesOf(f.mfn).length);
  if (others.length) tree.rows.push({ heading: "Pages with contents that are no tables" });
  for (const f of others) addRoot(f, 0, seen);
}

function targetOf(row) {
  const { run, level } = row;
  const all = [];
  const f = frame(run.e.mfn);
  if (!run.e.present) return ["absent, " + hex(BigInt("0x" + run.e.hex))];
  if (run.stride) return [hex(run.e.mfn) + "\u2026" + hex(run.e.mfn + run.count - 1), f ? badge(f) : ""];
  if (run.e.mfn >= data.about.frames) return [hex(run.e.mfn) + ", beyond the machine"];
  all.push(frameLink(run.e.mfn), badge(f));
  if (level > 1 && f && f.level === level) all.push(make("span", "soft", "linear"));
  return all;
}

function countsOf(f) {
  return f ? "T " + f.T + "  C " + f.C : "";
}

function rowElement(row, changed) {
  if (row.heading) return make("div", "heading", row.heading);
  const f = frame(row.mfn);
  const e = make("div", "node");
  e.setAttribute("role", "treeitem");
  e.setAttribute("aria-level", row.depth + 1);
  e.dataset.path = row.path;
  e.tabIndex = -1;
  e.style.paddingLeft = row.depth * 20 + "px";
  if (row.turns) e.setAttribute("aria-expanded", row.open);
  const turn = make("span", "turn", row.turns ? (row.open ? "\u25be" : "\u25b8") : "");
  turn.onclick = () => setOpen(row, !row.open);
  e.append(turn);
  if (row.root) {
    e.append(frameLink(row.mfn), badge(f));
  } else {
    const { slot, count, e: value } = row.run;
    const to = count > 1 ? "\u2026" + (slot + count - 1) : "";
    e.append(make("span", "slot", "[" + slot + to + "]"));
    e.append(make("span", "flags", flagsOf(value)), make("span", "soft", "\u2192"));
    e.append(...targetOf(row));
    for (let i = slot; i < slot + count; i++)
      if (changed.has(row.table + "/" + i)) e.classList.add("changed");
  }
  const marks = [row.root && basesOf(row.mfn), f && f.level && marksOf(f)].filter((m) => m);
  if (marks.length) e.append(make("span", "soft", marks.join(", ")));
  e.append(make("span", "gap"), make("span", "counts", row.run && row.run.stride ? "" : countsOf(f)));
  if (row.mfn === chosen) e.classList.add("chosen");
  e.onclick = () => {
    tree.focus = row.path;
    setFocus();
  };
  e.ondblclick = () => row.turns && setOpen(row, !row.open);
  return e;
}

function setFocus(move) {
  for (const e of $("tree").querySelectorAll(".node")) {
    const here = e.dataset.path === tree.focus;
    e.tabIndex = here ? 0 : -1;
    if (here && move) e.focus();
  }
}

function renderTree(move) {
  const changed = new Set(steps[machine.at].e.map(([mfn, slot]) => mfn + "/" + slot));
  buildRows();
  $("tree").replaceChildren(...tree.rows.map((row) => rowElement(row, changed)));
  if (!tree.rows.some((row) => row.path && row.path === tree.focus))
    tree.focus = tree.rows.length ? tree.rows[0].path : null;
  setFocus(move);
}

function setOpen(row, open) {
  tree.turned.set(row.path, open);
  tree.focus = row.path;
  renderTree(true);
}

function setAll(open) {
  tree.turned.clear();
  tree.allOpen = open;
  renderTree();
}

function treeKey(event) {
  const rows = tree.rows.filter((row) => row.path);
  const i = rows.findIndex((row) => row.path === tree.focus);
  const row = rows[i];
  const go = (to) => {
    if (!rows[to]) return;
    tree.focus = rows[to].path;
    setFocus(true);
  };
  if (!row) return;
  if (event.key === "ArrowDown") go(i + 1);
  else if (event.key === "ArrowUp") go(i - 1);
  else if (event.key === "Home") go(0);
  else if (event.key === "End") go(rows.length - 1);
  else if (event.key === "ArrowRight" && row.turns && !row.open) setOpen(row, true);
  else if (event.key === "ArrowRight" && row.turns) go(i + 1);
  else if (event.key === "ArrowLeft" && row.turns && row.open) setOpen(row, false);
  else if (event.key === "ArrowLeft") go(rows.findIndex((r) => r.path === row.path.replace(/\/\d+$/, "")));
  else if (event.key === "Enter" || event.key === " ") chooseFrame(row.mfn);
  else return;
  event.preventDefault();
  event.stopPropagation();
}
