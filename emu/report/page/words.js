// SPDX-License-Identifier: MIT
//
// Words and elements that the parts of the page share.
"use strict";

const $ = (id) => document.getElementById(id);

// make("p", "soft", "text", element, ...)
function make(tag, className, ...content) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  e.append(...content);
  return e;
}

const hex = (n) => "0x" + n.toString(16);
const nameOf = (mfn) => machine.names.get(mfn) || hex(mfn);
const plural = (n, one, many) => n + " " + (n === 1 ? one : many);

function ownerOf(f) {
  if (!f || f.free) return "free";
  if (f.owner === 0x7ff1) return "I/O";
  if (f.owner === 0x7ff2) return "Xen, shared";
  return f.owner === 0xffff ? "Xen, private" : "d" + f.owner;
}

const FLAGS = [
  [0, 1, "P"], [0, 2, "RW"], [0, 4, "US"], [0, 8, "PWT"], [0, 16, "PCD"],
  [0, 32, "A"], [0, 64, "D"], [0, 128, "PSE"], [0, 256, "G"],
  [0, 512, "AVAIL0"], [0, 1024, "AVAIL1"], [0, 2048, "AVAIL2"], [1, 1 << 20, "GK"],
];

function flagsOf(e) {
  const all = FLAGS.filter(([half, bit]) => (half ? e.hi : e.lo) & bit).map((f) => f[2]);
  for (let b = 21; b < 31; b++) if (e.hi & (1 << b)) all.push("B" + (b + 32));
  if (e.hi >>> 31) all.push("NX");
  return all.join(" ");
}

function marksOf(f) {
  const all = [];
  if (f.pinned) all.push("pinned");
  if (f.validated) all.push("validated");
  if (f.partial) all.push("partial, " + f.nrValidated + " validated");
  if (f.linear) all.push("linear " + (f.linear > 0 ? "+" : "") + f.linear);
  return all.join(", ");
}

function stateText(raw) {
  if (!raw) return "free";
  const f = decode(raw);
  if (f.free) return "free";
  const marks = marksOf(f);
  return f.type + (marks ? " " + marks : "") + "  T " + f.T + "  C " + f.C;
}

function entryText(value) {
  if (value === "0") return "0";
  const e = entry(value);
  return nameOf(e.mfn) + " " + flagsOf(e);
}

function badge(f) {
  const b = make("span", "badge", f ? f.type : "free");
  const type = f && !f.free ? f.type : "none";
  b.style.background = "var(--" + type + ")";
  b.style.color = "var(--" + type + "t)";
  return b;
}

// A frame's name that chooses it.
function frameLink(mfn) {
  const b = make("button", "link", nameOf(mfn));
  b.onclick = (event) => {
    event.stopPropagation();
    chooseFrame(mfn);
  };
  return b;
}

function stepLink(step) {
  const b = make("button", "link", step === 0 ? "before the first step" : "step " + step);
  b.onclick = () => show(step);
  return b;
}
