// SPDX-License-Identifier: MIT
//
// The operations: a list of which only the visible part is made, the time
// line, and the step at hand.
"use strict";

const ROW = 40; // height of a step in the list, as in style.css
const list = { shown: null, filter: null }; // indices of steps, null: all

const isBad = (s) => !!s.v;
const shownCount = () => (list.filter ? list.filter.length : steps.length);
const shownStep = (i) => (list.filter ? list.filter[i] : i);

function stepElement(i) {
  const s = steps[i];
  const e = make("div", "step" + (isBad(s) ? " refused" : "") + (i === machine.at ? " now" : ""));
  e.setAttribute("role", "option");
  e.setAttribute("aria-selected", i === machine.at);
  e.dataset.step = i;
  if (i === 0) {
    e.append(make("div", "", make("span", "no", "0"), "before the first step"));
  } else {
    e.append(make("div", "", make("span", "no", String(i)), s.t));
    e.append(make("div", "answer", s.a + (s.r ? " by " + s.r : "")));
  }
  e.title = i ? s.t : "";
  e.onclick = () => show(i);
  return e;
}

function renderList() {
  const box = $("list");
  const from = Math.max(0, Math.floor(box.scrollTop / ROW) - 5);
  const to = Math.min(shownCount(), from + Math.ceil((box.clientHeight || 600) / ROW) + 10);
  const all = [];
  for (let k = from; k < to; k++) {
    const e = stepElement(shownStep(k));
    e.style.top = k * ROW + "px";
    all.push(e);
  }
  $("rows").style.height = shownCount() * ROW + "px";
  $("rows").replaceChildren(...all);
}

// Scrolls the step at hand into view.
function revealStep() {
  const box = $("list");
  let k = machine.at;
  if (list.filter) k = list.filter.indexOf(machine.at);
  if (k < 0) return;
  if (k * ROW < box.scrollTop) box.scrollTop = k * ROW;
  else if ((k + 1) * ROW > box.scrollTop + box.clientHeight)
    box.scrollTop = (k + 1) * ROW - box.clientHeight;
}

function drawMarks() {
  const canvas = $("marks");
  const width = (canvas.width = canvas.clientWidth || 600);
  const ink = canvas.getContext("2d");
  const style = getComputedStyle(document.documentElement);
  const x = (i) => 8 + (i * (width - 16)) / Math.max(1, steps.length - 1);
  ink.fillStyle = style.getPropertyValue("--line");
  ink.fillRect(8, 6, width - 16, 2);
  let last = -9;
  for (let i = 1; i < steps.length; i++) {
    if (!isBad(steps[i]) || x(i) - last < 1) continue;
    last = x(i);
    ink.fillStyle = style.getPropertyValue("--bad");
    ink.fillRect(last - 1, 1, 2, 12);
  }
}

function changesTable(s, undo) {
  const table = make("table");
  const add = (mfn, what, was, is) =>
    table.append(make("tr", "", make("td", "", frameLink(mfn), what), make("td", "soft", was), make("td", "", "\u2192 " + is)));
  const was = new Map(undo.f);
  for (const raw of s.f.slice(0, 40)) add(raw[0], "", stateText(was.get(raw[0])), stateText(raw));
  const entries = undo.e.filter(([mfn, slot]) => !isXens(mfn, slot));
  for (const [mfn, slot, old] of entries.slice(0, 40))
    add(mfn, "[" + slot + "]", entryText(old), entryText(machine.pages.get(mfn).get(slot) || "0"));
  for (const mfn of new Set(undo.e.filter(([m, slot]) => isXens(m, slot)).map((e) => e[0])))
    table.append(make("tr", "", make("td", "", frameLink(mfn)), make("td", "soft", "Xen's own slots")));
  const more = Math.max(0, undo.f.length - 40) + Math.max(0, entries.length - 40);
  if (more) table.append(make("tr", "", make("td", "soft", "and " + more + " more")));
  return table;
}

function ruleText(id) {
  const [, reference, sentence, where] = data.rules[id];
  return id + " (" + reference + ", " + where + "): " + sentence;
}

function renderCard() {
  const s = steps[machine.at];
  const card = $("card");
  card.className = isBad(s) ? "refused" : "";
  if (!machine.at) {
    card.replaceChildren(make("div", "call", "before the first step"),
      make("div", "soft", "The machine as the trace's init block leaves it. Keys: n next, p previous, r next refused, / search."));
    return;
  }
  const all = [make("div", "call", s.t), make("div", "said", s.a)];
  if (s.r) all.push(make("div", "why", ruleText(s.r)));
  // Of an exception, these are the reason.
  for (const id of s.w) all.push(make("div", s.v === 2 ? "why" : "soft", ruleText(id)));
  const undo = machine.undo[machine.at];
  if (undo.f.length + undo.e.length) all.push(changesTable(s, undo));
  else all.push(make("div", "soft", "It changed no frame and no table."));
  card.replaceChildren(...all);
}

function nextBad(from, direction) {
  for (let i = from + direction; i > 0 && i < steps.length; i += direction)
    if (isBad(steps[i])) return i;
  return from;
}
