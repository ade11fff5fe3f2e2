"""How a report looks: on a phone, on a screen, light and dark, and on paper."""

STYLE = """
:root { color-scheme: light dark; --ink: #222222; --paper: #ffffff; --pale: #d4d4d4;
  --shade: #f3f5f7; --mark: #0072b2; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e4e4; --paper: #16181b; --pale: #454a50;
  --shade: #22262b; --mark: #56b4e9; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 0.75rem; color: var(--ink);
  background: var(--paper); font: 16px/1.5 system-ui, "Segoe UI", Roboto, Helvetica, Arial,
  sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0.5rem 0; }
h2 { font-size: 1.2rem; margin: 2rem 0 0.5rem; border-bottom: 1px solid var(--pale); }
h3 { font-size: 1rem; margin: 1.2rem 0 0.3rem; }
p, li, dd { max-width: 46rem; }
.answer { background: var(--shade); border-left: 4px solid var(--mark); padding: 0.5rem 1rem;
  margin: 0.75rem 0; max-width: 48rem; }
.answer p { margin: 0.4rem 0; }
.note { font-size: 0.875rem; }
.wide { overflow-x: auto; max-width: 100%; margin: 0.6rem 0; }
table { border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.2rem 0.6rem; text-align: right; border-bottom: 1px solid var(--pale);
  white-space: nowrap; vertical-align: top; }
th { text-align: right; font-weight: 600; vertical-align: bottom; white-space: normal;
  min-width: 4rem; }
th.text, td.text { text-align: left; }
td.text { white-space: normal; min-width: 5.5rem; max-width: 16rem; }
td.long { min-width: 12rem; overflow-wrap: anywhere; }
td:first-child, th:first-child { position: sticky; left: 0; background: var(--paper); }
.caption { font-size: 0.875rem; margin: 0.6rem 0 -0.4rem; }
.figures { display: grid; gap: 1rem 1.5rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); }
figure { margin: 0.5rem 0; }
figure svg { display: block; width: 100%; max-width: 32rem; height: auto; }
svg text { font-family: system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif !important; }
figcaption { font-size: 0.875rem; max-width: 32rem; }
dl { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: 0.1rem 1rem;
  margin: 0.3rem 0; font-size: 0.875rem; }
dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
code { font-size: 0.875em; overflow-wrap: anywhere; }
@media print {
  @page { size: A4; margin: 15mm 14mm; }
  :root { color-scheme: light; --ink: #000000; --paper: #ffffff; --pale: #c4c4c4;
    --shade: #ffffff; --mark: #0072b2; }
  body { max-width: none; padding: 0; font-size: 10pt; line-height: 1.35;
    print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  h1 { font-size: 15pt; } h2 { font-size: 12.5pt; margin-top: 1.2rem; } h3 { font-size: 10.5pt; }
  h2, h3, .caption { break-after: avoid; }
  td:first-child, th:first-child { position: static; }
  p, li, dd { max-width: none; orphans: 3; widows: 3; }
  figure, tr, dl dl, .answer { break-inside: avoid; }
  thead { display: table-header-group; }
  .wide { overflow: visible; }
  table, .note, .caption, figcaption, dl { font-size: 8.5pt; }
  th, td { padding: 0.1rem 0.3rem; }
  th { min-width: 0; }
  td.text { min-width: 0; }
  td.long { min-width: 34mm; }
  .figures { display: block; }
  figure { display: inline-block; width: 89mm; vertical-align: top; }
  figure svg, figcaption { width: 87mm; max-width: 100%; }
}
"""
