// SPDX-License-Identifier: MIT
//
// Search: names of frames, addresses, ids of rules. The list of operations
// shows only those that match; above it, what else was found.
"use strict";

function matches(query) {
  const found = [];
  for (let i = 1; i < steps.length; i++) {
    const s = steps[i];
    if (s.t.toLowerCase().includes(query) || s.r.includes(query) ||
        s.w.some((id) => id.includes(query)))
      found.push(i);
  }
  return found;
}

// A frame number, a machine address, or a virtual address.
function addressOf(query) {
  const m = /^(?:0x)?([0-9a-f]{1,16})$/.exec(query);
  return m && (query.startsWith("0x") || !matchingNames(query).length) ? BigInt("0x" + m[1]) : null;
}

function matchingNames(query) {
  return [...machine.names].filter(([, name]) => name.toLowerCase().includes(query)).map(([mfn]) => mfn);
}

function frameLine(mfn, what) {
  return make("p", "mono", frameLink(mfn), " ", badge(frame(mfn)), " " + (what || hex(mfn)));
}

function walkLine([domain, vcpu, base], va) {
  const w = walk(base, va);
  const line = make("p", "mono", "d" + domain + "." + vcpu + ": ");
  for (const { table, slot } of w.path) line.append(frameLink(table), "[" + slot + "] ");
  if (w.mfn === undefined) {
    line.append(make("span", "bad", w.end));
    return line;
  }
  line.append("\u2192 ", frameLink(w.mfn), w.superpage ? " superpage" : "");
  line.append(" " + (w.rights.RW ? "RW " : "read-only ") + (w.rights.US ? "US" : "") + (w.rights.NX ? " NX" : ""));
  return line;
}

function addressLines(value) {
  const all = [];
  const nr = BigInt(data.about.frames);
  if (value < nr) all.push(make("h3", "", "As a frame"), frameLine(Number(value)));
  if (value >= 4096n && value >> 12n < nr)
    all.push(make("h3", "", "As a machine address"), frameLine(Number(value >> 12n)));
  const walks = machine.bases.filter((b) => b[2] !== null).map((b) => walkLine(b, value));
  if (walks.length) all.push(make("h3", "", "As a virtual address"), ...walks);
  return all;
}

// Those of the trace first.
function matchingRules(query) {
  const here = new Set(steps.flatMap((s) => [s.r, ...s.w]));
  return Object.keys(data.rules)
    .filter((id) => id.includes(query) || data.rules[id][1].toLowerCase() === query)
    .sort((a, b) => here.has(b) - here.has(a));
}

function renderSearch() {
  const query = $("search").value.trim().toLowerCase();
  const box = $("results");
  box.hidden = !query;
  list.filter = query ? matches(query) : null;
  if (query) {
    const all = [];
    const names = matchingNames(query);
    const rules = matchingRules(query);
    const value = addressOf(query);
    if (names.length) all.push(make("h3", "", "Frames"));
    all.push(...names.slice(0, 50).map((mfn) => frameLine(mfn)));
    if (value !== null) all.push(...addressLines(value));
    if (rules.length) all.push(make("h3", "", "Rules"));
    all.push(...rules.slice(0, 8).map((id) => make("p", "", ruleText(id))));
    all.push(make("h3", "", plural(list.filter.length, "operation", "operations")));
    box.replaceChildren(...all);
  }
  renderList();
}
