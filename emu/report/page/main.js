// SPDX-License-Identifier: MIT
//
// Going to a step, keys, and the address of the page: #step=3&search=l4
// &frame=c says what it shows.
"use strict";

let saving = 0;

function saveHash() {
  clearTimeout(saving);
  saving = setTimeout(() => {
    const p = new URLSearchParams({ step: machine.at });
    if ($("search").value) p.set("search", $("search").value);
    if (chosen !== null) p.set("frame", chosen.toString(16));
    history.replaceState(null, "", "#" + p);
  }, 300);
}

function render() {
  $("slider").value = $("number").value = machine.at;
  renderCard();
  renderTree();
  renderMap();
  renderFrame();
  renderSearch();
  revealStep();
}

function show(step) {
  moveTo(Math.max(0, Math.min(steps.length - 1, Number(step) || 0)));
  render();
  saveHash();
}

function readHash() {
  const p = new URLSearchParams(location.hash.slice(1));
  if (p.has("search")) $("search").value = p.get("search");
  if (p.has("frame")) chosen = parseInt(p.get("frame"), 16);
  moveTo(Math.max(0, Math.min(steps.length - 1, Number(p.get("step") ?? data.about.at) || 0)));
  render();
}

function key(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Escape" && event.target === $("search")) {
    $("search").value = "";
    $("search").blur();
    renderSearch();
    return;
  }
  if (event.target.tagName === "INPUT" && event.target.type !== "range") return;
  const to = {
    n: () => show(machine.at + 1),
    p: () => show(machine.at - 1),
    r: () => show(nextBad(machine.at, 1)),
    R: () => show(nextBad(machine.at, -1)),
    Home: () => show(0),
    End: () => show(steps.length - 1),
    "/": () => $("search").focus(),
  }[event.key];
  if (!to) return;
  event.preventDefault();
  to();
}

function listKey(event) {
  const go = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
  if (!go) return;
  event.preventDefault();
  show(machine.at + go);
}

async function start() {
  await unpack();
  const last = steps.length - 1;
  const bad = steps.filter(isBad).length;
  const buttons = {
    first: () => show(0), previous: () => show(machine.at - 1),
    next: () => show(machine.at + 1), last: () => show(last),
    refused: () => show(nextBad(machine.at, 1)),
    expand: () => setAll(true), collapse: () => setAll(false),
  };
  document.querySelector("h1").textContent = data.about.name;
  document.querySelector("#title p").textContent = data.about.sentence;
  $("count").textContent = last;
  $("slider").max = $("number").max = last;
  $("verdicts").append(make("span", bad ? "bad" : "", bad + " refused or faulted"), " of " + last);
  $("finding").hidden = !data.about.finding;
  $("finding").textContent = data.about.finding;
  for (const id in buttons) $(id).onclick = buttons[id];
  $("refused").disabled = !bad;
  let wanted = 0;
  $("slider").oninput = () => {
    cancelAnimationFrame(wanted);
    wanted = requestAnimationFrame(() => show($("slider").value));
  };
  $("number").onchange = () => show($("number").value);
  $("search").oninput = () => {
    $("list").scrollTop = 0;
    renderSearch();
    saveHash();
  };
  $("list").onscroll = renderList;
  $("list").onkeydown = listKey;
  $("tree").onkeydown = treeKey;
  $("map").onkeydown = mapKey;
  document.onkeydown = key;
  window.onhashchange = readHash;
  window.onresize = () => {
    drawMarks();
    renderList();
  };
  matchMedia("(prefers-color-scheme: dark)").onchange = drawMarks;
  buildMap();
  drawMarks();
  readHash();
}

const started = start().catch((error) => {
  $("finding").hidden = false;
  $("finding").textContent = "This page cannot be shown: it is not whole, or the browser is older than 2023 (" + error + ").";
});
