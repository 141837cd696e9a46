"""The HTML report's style sheet."""

CSS = """
:root{--ink:#1b1f24;--dim:#59636e;--line:#d1d9e0;--soft:#f6f8fa;--bad:#a40e26;--good:#116329;
--wait:#7d4e00}
*{box-sizing:border-box}
body{margin:0;font:15px/1.5 system-ui,"DejaVu Sans",sans-serif;color:var(--ink);background:#fff}
header{border-left:10px solid var(--bad);background:#fff5f5;padding:20px 28px}
header.healthy{border-color:var(--good);background:#f2fbf4}
header.hang,header.unusable{border-color:var(--wait);background:#fff9ec}
header>div,main,nav{max-width:1180px;margin:0 auto}
.word{margin:0;font-weight:700;letter-spacing:.08em;color:var(--bad)}
.healthy .word{color:var(--good)}.hang .word,.unusable .word{color:var(--wait)}
.mark{font-size:1.3em}
h1{font-size:23px;line-height:1.3;margin:4px 0 8px;overflow-wrap:anywhere}
header ul{margin:0;padding-left:20px}
nav{display:flex;flex-wrap:wrap;gap:18px;padding:12px 28px;border-bottom:1px solid var(--line)}
nav a{color:#0550ae}
main{padding:0 28px 60px}
h2{font-size:19px;margin:34px 0 10px;padding-bottom:4px;border-bottom:2px solid var(--ink)}
h3{font-size:16px;margin:20px 0 6px;overflow-wrap:anywhere}
p{margin:6px 0;overflow-wrap:anywhere}
article{border:1px solid var(--line);border-left:5px solid var(--bad);border-radius:4px;
padding:4px 16px 10px;margin:12px 0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:8px 0}
dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}
.evidence{margin:6px 0;color:var(--dim);font-size:14px}
.dim,small{color:var(--dim)}
.problem{color:var(--bad);font-weight:600}
code,pre,.asm,svg text{font-family:ui-monospace,"DejaVu Sans Mono",monospace}
code{font-size:13px}
pre{background:var(--soft);border:1px solid var(--line);border-radius:4px;padding:10px;
font-size:12.5px;line-height:1.45;overflow-x:auto}
.wide{overflow-x:auto}
table{border-collapse:collapse;margin:8px 0;font-size:14px}
th{text-align:left;border-bottom:2px solid var(--line);padding:3px 14px 3px 0;font-weight:600}
td{border-bottom:1px solid var(--line);padding:3px 14px 3px 0;vertical-align:top}
details{margin:10px 0}summary{cursor:pointer;font-weight:600}
.kind{border:1px solid var(--line);border-radius:9px;padding:0 8px;font-size:12px;
white-space:nowrap}
.kind.managed{border-color:#0550ae;font-weight:700}.kind.trap{border-color:var(--bad);
color:var(--bad);font-weight:700}
.asm{font-size:12.5px;width:100%}
.asm td{border:0;padding:0 12px 0 0;white-space:pre}
.asm .raw{color:var(--dim)}
.asm .il td{padding-top:6px;font-weight:700}
.asm .src td,.asm .region td{color:var(--dim);font-style:italic}
.asm .now td{background:#ffe3e3;border-top:1px solid var(--bad);border-bottom:1px solid var(--bad);
font-weight:700}
.bar{display:inline-block;height:11px;background:#54708c}
.heap td:nth-child(2),.heap td:nth-child(3){text-align:right}
svg.frame{width:100%;height:auto;display:block;margin:10px 0}
svg text{font-size:12px;fill:var(--ink)}
svg .n{font-weight:700}svg .t,svg .o{fill:var(--dim)}svg .w{fill:var(--bad)}
svg .mark{font-weight:700;font-size:12px}
svg .g{stroke:var(--line);stroke-width:1}svg line.mark{stroke:var(--ink);stroke-width:2}
svg .s{stroke:#54708c;stroke-width:1.2;fill:#eef3f8}
svg .arg{fill:#e7f0fb}svg .loc{fill:#e9f6ec}svg .ev{fill:#fdf4dd}svg .tmp{fill:#f4eefb}
svg .ret,svg .save{fill:#f0f1f3;stroke-dasharray:5 3}
svg .hl{stroke:var(--bad);stroke-width:2}
svg .overlap{fill:url(#hatch);stroke:var(--bad);stroke-width:2.5;fill-opacity:.55}
svg .ov{fill:var(--bad);font-weight:700;paint-order:stroke;stroke:#fff;stroke-width:4px}
@media print{nav{display:none}}
"""
