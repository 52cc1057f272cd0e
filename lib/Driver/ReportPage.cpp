// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ReportPage.h"

// Weights are printed in cyan, inputs in magenta, counts in grey: the inks of a halftone.
static constexpr llvm::StringLiteral kStyle = R"css(
:root { color-scheme: light dark;
  --paper: #faf9f6; --card: #ffffff; --ink: #1d1d1f; --soft: #65645f; --line: #e3e1da;
  --bar: #b9b6ae; --cyan: #00789f; --magenta: #b0266b; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #141416; --card: #1c1c20; --ink: #ecebe8; --soft: #a3a29c; --line: #313136;
  --bar: #5d5c62; --cyan: #54c2ea; --magenta: #f083b4; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums; }
header, main, footer { max-width: 1360px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 28px; }
header p { margin: 14px 0 0; color: var(--soft); letter-spacing: .08em; text-transform: uppercase;
  font-size: 12px; }
.dots { display: block; width: 100%; height: auto; fill: var(--ink); opacity: .85; }
h1 { margin: 2px 0 0; font-size: 30px; font-weight: 650; letter-spacing: -.01em;
  overflow-wrap: anywhere; }
h2 { margin: 44px 0 10px; font-size: 19px; font-weight: 650; }
h3 { margin: 0; font-size: 15px; font-weight: 650; overflow-wrap: anywhere; }
section > p { margin: 0 0 14px; color: var(--soft); max-width: 75ch; }
a { color: inherit; text-decoration-color: var(--cyan); text-underline-offset: 3px; }
:focus-visible { outline: 2px solid var(--cyan); outline-offset: 2px; border-radius: 3px; }
dl.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 12px;
  margin: 22px 0 0; }
dl.tiles > div, .card, .scroll { background: var(--card); border: 1px solid var(--line);
  border-radius: 10px; }
dl.tiles > div { padding: 12px 16px; }
dt { color: var(--soft); font-size: 13px; }
dd { margin: 0; font-size: 21px; font-weight: 600; overflow-wrap: anywhere; }
dd small { display: block; font-size: 13px; font-weight: 400; color: var(--soft); }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 0 40px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 7px 10px; text-align: right; white-space: nowrap; vertical-align: middle; }
th { font-weight: 600; font-size: 13px; }
thead th { color: var(--soft); border-bottom: 1px solid var(--line); vertical-align: bottom; }
tbody tr + tr > * { border-top: 1px solid var(--line); }
.text { text-align: left; }
tbody th { text-align: left; font-size: 15px; white-space: normal; min-width: 26ch; max-width: 40ch;
  overflow-wrap: anywhere; }
tbody th small, td small { display: block; font-weight: 400; font-size: 13px; color: var(--soft); }
thead button { all: unset; cursor: pointer; color: inherit; }
thead button:focus-visible { outline: 2px solid var(--cyan); outline-offset: 2px; }
thead button::after { content: " \2195"; opacity: .35; }
[aria-sort=ascending] button::after { content: " \2191"; opacity: 1; }
[aria-sort=descending] button::after { content: " \2193"; opacity: 1; }
svg.thumb { display: block; width: 132px; height: 40px; }
.bars { fill: var(--bar); }
.numbers { fill: none; stroke-width: 1px; vector-effect: non-scaling-stroke; }
.weights { stroke: var(--cyan); }
.inputs { stroke: var(--magenta); }
.own { fill: var(--cyan); } .inherited { fill: var(--magenta); }
.some { opacity: .55; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(380px, 1fr)); gap: 14px; }
.card { padding: 14px 16px 10px; scroll-margin-top: 16px; }
.card:target { border-color: var(--cyan); }
.card > p { margin: 0; color: var(--soft); font-size: 13px; }
figure { margin: 10px 0 4px; }
figure svg { display: block; width: 100%; height: 110px; border-bottom: 1px solid var(--soft); }
.axis { position: relative; height: 20px; font-size: 12px; color: var(--soft); }
.axis span { position: absolute; white-space: nowrap; }
.axis .low { left: 0; } .axis .high { right: 0; } .axis .zero { transform: translateX(-50%); }
figcaption { font-size: 13px; color: var(--soft); overflow-wrap: anywhere; }
.key { display: inline-block; width: 10px; height: 10px; border-radius: 5px; margin-right: 6px; }
.key.weights { background: var(--cyan); } .key.inputs { background: var(--magenta); }
ol { margin: 0; padding-left: 22px; } li { overflow-wrap: anywhere; padding: 2px 0; }
li span { color: var(--soft); }
pre { margin: 0; padding: 14px 16px; overflow-x: auto; background: var(--card);
  border: 1px solid var(--line); border-radius: 10px; font-size: 13px; }
footer { padding-top: 40px; padding-bottom: 40px; color: var(--soft); font-size: 13px;
  overflow-wrap: anywhere; }
@media (max-width: 480px) { .cards { grid-template-columns: 1fr; } }
@media print { .card { break-inside: avoid; } }
)css";

// Cells carry what they sort by in data-value; an empty one goes to the end either way.
static constexpr llvm::StringLiteral kScript = R"js(
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const valueOf = (row, column) => {
    const cell = row.cells[column], value = cell.dataset.value;
    if (value === undefined) return cell.textContent.trim().toLowerCase();
    return value === "" ? null : Number(value);
  };
  const compare = (a, b) => typeof a === "string" ? a.localeCompare(b, undefined, {numeric: true}) : a - b;
  const sort = (head, column) => {
    const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
    const rows = [...body.rows].map(row => [valueOf(row, column), row]);
    rows.sort(([a], [b]) => a === null || b === null ? (a === null) - (b === null) : sign * compare(a, b));
    body.append(...rows.map(([, row]) => row));
  };
  heads.forEach((head, column) => {
    if (!("sort" in head.dataset)) return;
    const button = document.createElement("button");
    button.type = "button";
    button.title = "Sort by this column";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(head, column));
    head.append(button);
  });
}
)js";

llvm::StringRef mlir::halftone::getReportStyle() { return kStyle; }
llvm::StringRef mlir::halftone::getReportScript() { return kScript; }
