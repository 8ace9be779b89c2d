#include "tools/memo-profile/report/charts/style.h"

namespace memo {

const std::string_view kReportStyle = R"(
:root {
  --page: #fff; --ink: #1f2328; --soft: #59636e; --panel: #f5f7f9; --border: #d5dae0;
  --grid: #e4e8ec; --shade: #e5484d1f; --budget: #c62a2f; --mark: #ffe28a;
  --attention: #e8590c; --rest: #9aa7b4; --calibrated: #1c6dd0; --plain: #b35900; --chosen: #1a7f37;
  --compute: #a8b1bb; --lookup: #1c6dd0; --fixed: #2b8a3e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --ink: #e4e8ec; --soft: #9aa5b1; --panel: #1d2228; --border: #39414a;
    --grid: #2c333b; --shade: #ff6b6b26; --budget: #ff8787; --mark: #6b5300;
    --attention: #f08c3a; --rest: #66727e; --calibrated: #5ea8ff; --plain: #f0a03a; --chosen: #4ac26b;
    --compute: #5b6670; --lookup: #4593f0; --fixed: #37a34d;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 940px; margin: 0 auto; padding: 20px 16px 60px; overflow-wrap: break-word; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: .2em 0 .5em; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 2.6em 0 .5em; padding-top: .7em; border-top: 1px solid var(--border); }
h3 { font-size: 1rem; margin: 1.4em 0 .4em; }
p, ul, dl { margin: .6em 0; max-width: 44em; }
li { margin: .25em 0; }
dt { font-weight: 600; margin-top: .7em; }
dd { margin: .1em 0 0; }
a { color: inherit; }
code { font: .88em/1.5 ui-monospace, monospace; }
nav { display: flex; flex-wrap: wrap; gap: .3em 1.1em; margin: 1.4em 0 0; font-size: .9rem; }
.kicker, .note, figcaption, .tile > span, .tile small { color: var(--soft); }
.kicker { margin: 0; font-size: .9rem; }
.note { font-size: .92rem; }
.verdict { font-size: 1.15rem; margin: 0 0 1em; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); gap: 12px; }
.tile { background: var(--panel); border: 1px solid var(--border); border-radius: 8px; padding: 12px 14px; min-width: 0; }
.tile.wide { grid-column: 1 / -1; }
.tile > span, .tile small { display: block; font-size: .88rem; line-height: 1.45; }
.tile b { display: block; font-size: 1.9rem; line-height: 1.3; font-weight: 650; }
.tile code { display: block; margin: .4em 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.tile code span { display: inline-block; max-width: 100%; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 330px), 1fr)); gap: 18px 26px;
  margin: 1em 0; }
figure { margin: 0; min-width: 0; max-width: 460px; break-inside: avoid; }
figcaption { font-size: .92rem; margin-bottom: .3em; }
svg { display: block; width: 100%; height: auto; }
.legend { display: flex; flex-wrap: wrap; gap: .2em 1.1em; font-size: .9rem; max-width: none; }
.legend span { display: inline-flex; align-items: center; gap: .4em; }
.legend i { width: .8em; height: .8em; border-radius: 3px; border: 2px solid transparent; background-clip: border-box;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.ramp { height: 12px; max-width: 300px; border-radius: 3px; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.ramp + p { display: flex; justify-content: space-between; max-width: 300px; margin: .1em 0 1em; font-size: .85rem; }
details { margin: .8em 0; }
summary { cursor: pointer; font-size: .95rem; }
.scroll { overflow-x: auto; margin: .5em 0; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .25em .7em; border-bottom: 1px solid var(--border); white-space: nowrap; }
th { font-weight: 600; color: var(--soft); }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
.facts td { text-align: left; white-space: normal; overflow-wrap: anywhere; }
.facts td:first-child { white-space: nowrap; color: var(--soft); vertical-align: top; overflow-wrap: normal; }
.example { border: 1px solid var(--border); border-radius: 8px; padding: 12px 14px; margin: 14px 0; break-inside: avoid; }
.example h3 { margin: 0 0 .6em; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 16px; }
.pair > div { min-width: 0; }
.pair .note { margin: 0 0 .5em; }
.aside { float: right; width: 200px; margin: 4px 0 16px 26px; }
.aside img, .pair img { display: block; width: 100%; max-width: 300px; image-rendering: pixelated; border-radius: 4px; }
.pair blockquote { margin: .6em 0 0; font-size: .85rem; line-height: 1.45; white-space: pre-line; overflow-wrap: anywhere; }
mark { background: var(--mark); color: inherit; border-radius: 2px; print-color-adjust: exact;
  -webkit-print-color-adjust: exact; }
@media (max-width: 500px) {
  h1 { font-size: 1.4rem; }
  .aside { width: 150px; margin-left: 16px; }
  .pair { gap: 10px; }
  .pair blockquote { font-size: .78rem; }
}
@media print {
  :root {
    --page: #fff; --ink: #000; --soft: #444; --panel: #fff; --border: #bbb; --grid: #ddd; --shade: #e5484d1f;
    --budget: #c62a2f; --mark: #ffe28a; --attention: #e8590c; --rest: #9aa7b4; --calibrated: #1c6dd0;
    --plain: #b35900; --chosen: #1a7f37; --compute: #a8b1bb; --lookup: #1c6dd0; --fixed: #2b8a3e;
  }
  body { font-size: 11pt; }
  main { max-width: none; padding: 0; }
  nav { display: none; }
  .pair img { max-width: 190px; }
  h2, h3, dt { break-after: avoid; }
}
)";

}  // namespace memo
