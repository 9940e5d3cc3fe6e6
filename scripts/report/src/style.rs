//! The page's style: system fonts, two themes, narrow screens, print.

/// The style sheet; colours of text stand out at least 4.5 to 1 from their paper in both themes.
pub(crate) const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1f2933;--quiet:#52606d;--paper:#fff;--card:#f5f7fa;--rule:#cbd2d9;--link:#0b5cad;--good:#0b6b3a;--bad:#b3261e;--wait:#8a4b00}\
@media(prefers-color-scheme:dark){:root{--ink:#e4e7eb;--quiet:#a8b3bf;--paper:#14181d;--card:#1d232a;--rule:#3e4c59;--link:#7cc0ff;--good:#5fd69b;--bad:#ff8a80;--wait:#ffb95c}}\
*{box-sizing:border-box}\
html{scroll-behavior:smooth}\
@media(prefers-reduced-motion:reduce){html{scroll-behavior:auto}*{animation:none!important;transition:none!important}}\
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}\
header,main,footer{max-width:66rem;margin:0 auto;padding:0 1rem}\
header{padding-top:1.5rem}footer{padding-bottom:2rem;color:var(--quiet);font-size:.875rem}\
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .25rem}h2{font-size:1.25rem;margin:2.5rem 0 .75rem;border-bottom:1px solid var(--rule);padding-bottom:.25rem}\
p{margin:.5rem 0}.quiet{color:var(--quiet)}\
a{color:var(--link)}a:focus-visible,[tabindex]:focus-visible,summary:focus-visible{outline:3px solid var(--link);outline-offset:2px}\
.skip{position:absolute;left:-999px}.skip:focus{left:1rem;top:.5rem;background:var(--paper);padding:.5rem}\
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;padding:0;margin:1rem 0 0}\
dl.figures{display:grid;grid-template-columns:repeat(3,1fr);gap:.75rem;margin:1.25rem 0}\
dl.figures div{background:var(--card);border:1px solid var(--rule);border-radius:.5rem;padding:.75rem}\
dl.figures dt{color:var(--quiet);font-size:.875rem}dl.figures dd{margin:0;font-size:1.25rem;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}\
.wide{overflow-x:auto;margin:.75rem 0}\
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}\
caption{text-align:left;color:var(--quiet);font-size:.875rem;padding-bottom:.25rem}\
th,td{padding:.4rem .5rem;font-size:.9375rem;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top}\
th{font-weight:600}td.n,th.n{text-align:right;white-space:nowrap}td.t{white-space:nowrap}\
code{font:.8125rem/1.4 ui-monospace,'SFMono-Regular',Menlo,'DejaVu Sans Mono',monospace;overflow-wrap:anywhere}\
.good{color:var(--good);font-weight:600}.bad{color:var(--bad);font-weight:600}.wait{color:var(--wait);font-weight:600}\
.note{border-left:4px solid var(--bad);background:var(--card);padding:.5rem .75rem;margin:1rem 0}\
figure{margin:1rem 0}figure svg{display:block;width:100%;max-width:60rem!important}\
.chart{--chart-paper:var(--paper)}\
@media(max-width:40rem){dl.figures{grid-template-columns:repeat(2,1fr)}dl.figures dd{font-size:1.0625rem}h1{font-size:1.4rem}figure svg{min-width:34rem}th,td{padding:.35rem .4rem;font-size:.9375rem}}\
@media print{nav,.skip{display:none}body{font-size:11pt}}";
