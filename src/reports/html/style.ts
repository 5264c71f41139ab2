/** The style sheet of the HTML report: light and dark, narrow screens, paper. */
import { constant } from './markup.ts';

export const STYLE = constant`
:root{color-scheme:light dark;--bg:#fff;--panel:#f6f7f9;--line:#d9dde3;--faint:#e9ecf0;--text:#1b2129;--muted:#57606c;--link:#0b57b0;
--bad:#b3261e;--bad-bg:#fcebe9;--warn:#8a5300;--warn-bg:#fdf1dc;--good:#1c6b37;--good-bg:#e5f4e9;--note:#3f5468;--note-bg:#e8eef4;
--c0:#1f5fa8;--c1:#b4530f;--c2:#6b3fa0;--c3:#0f766e;--c4:#a3195b;--c5:#56690f;--bar-good:#2e8b57;--bar-warn:#d98a1f;--bar-bad:#c8372d;--bar-none:#aab2bd}
@media (prefers-color-scheme:dark){:root{--bg:#14171b;--panel:#1c2026;--line:#363d47;--faint:#262c34;--text:#e3e7ec;--muted:#a0a9b5;--link:#7db4f5;
--bad:#ff8a80;--bad-bg:#3a1f1e;--warn:#f0b357;--warn-bg:#382a14;--good:#77d196;--good-bg:#173022;--note:#a9c0d6;--note-bg:#1f2b37;
--c0:#6aa8f0;--c1:#eb9450;--c2:#b794e6;--c3:#4fc3b7;--c4:#ee7fae;--c5:#b3c75a;--bar-good:#4caf7a;--bar-warn:#e0a24a;--bar-bad:#e2675e;--bar-none:#5d6672}}
@media print{:root{color-scheme:light;--bg:#fff;--panel:#f6f7f9;--line:#c4cad2;--faint:#e9ecf0;--text:#000;--muted:#444c56;--link:#000;
--bad:#b3261e;--bad-bg:#fcebe9;--warn:#8a5300;--warn-bg:#fdf1dc;--good:#1c6b37;--good-bg:#e5f4e9;--note:#3f5468;--note-bg:#e8eef4;
--c0:#1f5fa8;--c1:#b4530f;--c2:#6b3fa0;--c3:#0f766e;--c4:#a3195b;--c5:#56690f;--bar-good:#2e8b57;--bar-warn:#d98a1f;--bar-bad:#c8372d;--bar-none:#aab2bd}}
*{box-sizing:border-box}
html{scroll-padding-top:12px}
body{margin:0;background:var(--bg);color:var(--text);font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:break-word}
main,header,footer{max-width:1008px;margin:0 auto;padding:0 24px}
header{padding-top:20px}
h1{font-size:20px;line-height:1.35;margin:0;font-weight:650}
h2{font-size:16px;margin:34px 0 10px;padding-bottom:4px;border-bottom:1px solid var(--line);font-weight:650}
h3{font-size:14.5px;margin:18px 0 6px;font-weight:650}
p{margin:6px 0}
a{color:var(--link)}
code,pre,.mono,.frame,.since,.bytes{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-9999px}.skip:focus{left:12px;top:8px;background:var(--bg);padding:4px 8px;z-index:2}
.verdict{border:1px solid var(--line);border-left:6px solid var(--note);border-radius:6px;padding:14px 18px;background:var(--panel)}
.verdict .word{display:block;font-size:12px;font-weight:700;letter-spacing:.09em;margin-bottom:3px;color:var(--note)}
.verdict.fault{border-left-color:var(--bad)}.verdict.fault .word{color:var(--bad)}
.verdict.clean{border-left-color:var(--good)}.verdict.clean .word{color:var(--good)}
.verdict.cannot{border-left-color:var(--warn)}.verdict.cannot .word{color:var(--warn)}
.read{color:var(--muted);font-size:13px;margin:8px 0 0}
nav{margin:12px 0 0;font-size:13px}nav ul{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:4px 16px}
table{border-collapse:collapse;width:100%;font-size:13px}
.wide{overflow-x:auto}
th,td{text-align:left;vertical-align:top;padding:5px 12px 5px 0;border-bottom:1px solid var(--faint)}
thead th{color:var(--muted);font-weight:600;border-bottom-color:var(--line);white-space:nowrap}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
tbody tr:last-child>*{border-bottom:0}
td .mono,td.mono,th .mono{font-size:12.5px}th .muted{font-weight:400}tbody th{white-space:nowrap}td.short{white-space:nowrap}
.tag,.badge{display:inline-block;font-size:11px;line-height:16px;padding:0 6px;border-radius:3px;background:var(--note-bg);color:var(--note);font-weight:600;white-space:nowrap}
.tag.fault,.badge.critical{background:var(--bad-bg);color:var(--bad)}
.tag.effect,.badge.warning{background:var(--warn-bg);color:var(--warn)}
.tag.cure{background:var(--good-bg);color:var(--good)}
.chain{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:6px 8px;align-items:center}
.chain li{display:flex;gap:8px;align-items:center}
.chain a{border:1px solid var(--line);border-radius:5px;padding:2px 9px;text-decoration:none;background:var(--panel)}
.chain .to::before{content:"→";color:var(--muted)}
.story{border:1px solid var(--line);border-radius:6px;padding:4px 18px 14px;margin:12px 0}
.story.critical{border-left:4px solid var(--bad)}.story.warning{border-left:4px solid var(--warn)}.story.info{border-left:4px solid var(--note)}
.story h3{margin-top:12px;display:flex;flex-wrap:wrap;gap:4px 8px;align-items:center}
.story .why,.muted{color:var(--muted)}
.evidence{list-style:none;margin:8px 0 0;padding:0;font-size:13px}
.evidence>li{border-top:1px solid var(--faint)}
.evidence summary,.evidence li.closed,.evidence li.again{padding:4px 0 4px 16px;position:relative;display:flex;gap:0 9px;align-items:baseline}
.evidence .says{flex:1 1 0;min-width:0}
.evidence summary{cursor:pointer;list-style:none}
.evidence summary::-webkit-details-marker{display:none}
.evidence summary::before{content:"";position:absolute;left:4px;top:10px;border:4.5px solid transparent;border-left:6px solid var(--muted);border-right:0}
.evidence details[open]>summary::before{transform:rotate(90deg)}
.evidence summary:hover{background:var(--panel)}
.evidence .frame{min-width:4ch;text-align:right;font-weight:600}
.evidence .since{color:var(--muted);font-size:12px}
.evidence .tag{min-width:46px;text-align:center}
.opened{margin:2px 0 12px 18px;padding:8px 12px;background:var(--panel);border-radius:5px}
.headers th{white-space:nowrap;font-weight:600;padding-right:16px}.headers .range{color:var(--muted);font-weight:400;font-size:11.5px;margin-left:6px}
.headers .field{display:inline-block;margin-right:14px}.headers .label{color:var(--muted)}
.swatch{display:inline-block;width:9px;height:9px;border-radius:2px;margin-right:6px;background:currentColor}
.l0{color:var(--c0)}.l1{color:var(--c1)}.l2{color:var(--c2)}.l3{color:var(--c3)}.l4{color:var(--c4)}.l5{color:var(--c5)}
.bytes{font-size:12px;line-height:1.45;margin:8px 0 0;overflow-x:auto;white-space:pre;overflow-wrap:normal}.offset,.ascii{color:var(--muted)}
.trouble{color:var(--warn)}
.command{position:relative;margin:6px 0}
.command pre{margin:0;padding:8px 12px;background:var(--panel);border:1px solid var(--faint);border-radius:5px;font-size:12.5px;line-height:1.5;white-space:pre-wrap}
.command.copies pre{padding-right:64px}
.command button{position:absolute;right:6px;top:6px}
button,input,select{font:inherit;font-size:13px;color:var(--text);background:var(--bg);border:1px solid var(--line);border-radius:4px;padding:3px 9px}
button{cursor:pointer}button:hover{background:var(--faint)}
.tools{display:flex;flex-wrap:wrap;gap:8px;align-items:center;margin:8px 0}.tools[hidden]{display:none}.tools input{flex:1 1 220px;max-width:340px}
[hidden]{display:none}
.judged{margin:6px 0;padding:0;list-style:none}.judged li{padding:3px 0;border-bottom:1px solid var(--faint)}.judged li:last-child{border-bottom:0}
.judged .rules{font-weight:600}
.picture{overflow-x:auto;margin:8px 0 2px}
svg{display:block;max-width:100%;height:auto;min-width:760px;font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
svg.sample,svg.bar{display:inline-block;min-width:0;vertical-align:-1px}svg.bar{vertical-align:middle}
svg text{fill:var(--text);font-size:12px}
svg .mono,svg .caption,svg .number{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace;font-size:11px}
svg .small{font-size:10px;fill:var(--muted)}
svg .title{font-weight:650;font-size:12.5px}
.machine rect{fill:var(--panel);stroke:var(--line)}.machine rect.stripe{stroke:none;fill:var(--bar-none)}
.machine.director rect.stripe{fill:var(--c0)}.machine.realServer rect.stripe{fill:var(--c3)}.machine.gateway rect.stripe,.machine.client rect.stripe,.machine.sender rect.stripe{fill:var(--c2)}
.machine.blamed rect{stroke:var(--bad);stroke-width:1.6}.machine.blamed rect.stripe{fill:var(--bad);stroke:none}
.machine .blame{fill:var(--bad);font-size:9.5px;font-weight:700;letter-spacing:.04em}
.machine .claim{font-size:11px;fill:var(--muted)}.machine.blamed .claim{fill:var(--bad)}
.way path{fill:none;stroke:var(--c0);stroke-width:1.7}.way .head{fill:var(--c0);stroke:none}.way text{font-size:11px;fill:var(--c0);paint-order:stroke;stroke:var(--bg);stroke-width:4px}
.way.answer path{stroke:var(--muted);stroke-dasharray:5 3}.way.answer .head{fill:var(--muted);stroke:none}.way.answer text{fill:var(--muted)}
.way.wrong path{stroke:var(--bad);stroke-width:2.4}.way.wrong .head{fill:var(--bad);stroke:none}.way.wrong text{fill:var(--bad);font-weight:650}
.legend{font-size:12px;color:var(--muted);margin:2px 0 10px}
.key{display:inline-block;width:26px;border-top:2px solid var(--c0);vertical-align:4px;margin:0 3px 0 6px}.key.answer{border-top:2px dashed var(--muted)}.key.wrong{border-top:3px solid var(--bad)}
.legend .sample{fill:var(--muted);margin:0 3px 0 6px}
.heading{font-weight:650;font-size:12px;fill:var(--muted)}
.name{font-size:12px;font-weight:600}
.tick line{stroke:var(--faint)}.tick text{font-size:10.5px;fill:var(--muted)}
.gap{fill:var(--bar-none);opacity:.25}
.row .life{stroke:var(--bar-none);stroke-width:3;opacity:.55}
.c0 .mark{fill:var(--c0)}.c1 .mark{fill:var(--c1)}.c2 .mark{fill:var(--c2)}.c3 .mark{fill:var(--c3)}.c4 .mark{fill:var(--c4)}.c5 .mark{fill:var(--c5)}
.row.c0 .life{stroke:var(--c0)}.row.c1 .life{stroke:var(--c1)}.row.c2 .life{stroke:var(--c2)}.row.c3 .life{stroke:var(--c3)}.row.c4 .life{stroke:var(--c4)}.row.c5 .life{stroke:var(--c5)}
.use.c0 rect{fill:var(--c0)}.use.c1 rect{fill:var(--c1)}.use.c2 rect{fill:var(--c2)}.use.c3 rect{fill:var(--c3)}.use.c4 rect{fill:var(--c4)}.use.c5 rect{fill:var(--c5)}
svg .inbar{fill:var(--bg);font-size:11px;font-weight:600}
.lifeline{stroke:var(--bar-none);stroke-dasharray:2 3}
.rung .band{fill:transparent}.rung.fault .band{fill:var(--bad-bg);opacity:.45}
a:hover .rung .band,a:focus-visible .rung .band{fill:var(--faint);opacity:1}
.rung .number{font-size:12.5px;font-weight:650}.rung .tag{font-size:10.5px;font-weight:650;fill:var(--note)}
.rung.fault .tag{fill:var(--bad)}.rung.effect .tag{fill:var(--warn)}.rung.cure .tag{fill:var(--good)}
.arrow{fill:none;stroke:var(--note);stroke-width:1.8}.rung .head,.rung .dot{fill:var(--note)}
.rung.fault .arrow{stroke:var(--bad)}.rung.fault .head,.rung.fault .dot{fill:var(--bad)}
.rung.effect .arrow{stroke:var(--warn)}.rung.effect .head,.rung.effect .dot{fill:var(--warn)}
.rung.cure .arrow{stroke:var(--good)}.rung.cure .head,.rung.cure .dot{fill:var(--good)}
.toall .arrow{stroke-dasharray:6 3}
.caption{paint-order:stroke;stroke:var(--bg);stroke-width:4px}svg .macs{font-size:10px;fill:var(--muted)}
.bar .answered{fill:var(--bar-good)}.bar .refused{fill:var(--bar-warn)}.bar .silent{fill:var(--bar-bad)}.bar .unseen{fill:var(--bar-none)}.bar .bypassed{fill:var(--c4)}.bar .base{fill:var(--faint)}
.key.k{width:10px;height:10px;border:0;border-radius:2px;vertical-align:-1px}.k.answered{background:var(--bar-good)}.k.refused{background:var(--bar-warn)}.k.silent{background:var(--bar-bad)}.k.unseen{background:var(--bar-none)}.k.bypassed{background:var(--c4)}
td.bad{color:var(--bad);font-weight:650}td.warn{color:var(--warn);font-weight:650}
footer{color:var(--muted);font-size:12px;margin:36px auto 28px;padding-top:8px}
@media (max-width:640px){main,header,footer{padding:0 12px}header{padding-top:12px}.story{padding:2px 12px 10px}.evidence .since{display:none}.opened{margin-left:0}h1{font-size:17px}}
@media print{@page{margin:13mm 12mm}body{font-size:10.5pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}main,header,footer{max-width:none;padding:0}
nav,.tools,.command button,.skip{display:none!important}.command.copies pre{padding-right:12px}.picture{overflow:visible}svg{min-width:0;width:100%}svg.sample{width:14px}svg.bar{width:110px;min-width:110px;max-width:none}thead th{white-space:normal}table{font-size:9pt}
h2,h3{break-after:avoid}.verdict,.command,tr,.evidence>li{break-inside:avoid}.picture{break-inside:avoid}.story{border-color:var(--line)}a{text-decoration:none}.evidence summary::before{display:none}}
`;
