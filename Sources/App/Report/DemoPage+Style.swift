// SPDX-License-Identifier: MIT

extension DemoPage {
    /// A client's colour on light and on dark paper, apart for every common kind of colour blindness (after Okabe and Ito).
    struct Paint {
        let light: String
        let dark: String
    }

    static let palette = [
        Paint(light: "#0b6fb8", dark: "#4ba3e3"), Paint(light: "#c65a00", dark: "#f08a3c"),
        Paint(light: "#00805f", dark: "#2fb893"), Paint(light: "#a64a86", dark: "#d985bb"),
        Paint(light: "#7a6a00", dark: "#cbb62c"), Paint(light: "#4456b8", dark: "#8b9bf0"),
        Paint(light: "#99313a", dark: "#e0767e"), Paint(light: "#3d6b75", dark: "#7fb3bf"),
    ]

    var clientColours: String {
        let used = Self.palette.prefix(self.report.clients.count).enumerated()
        let light = used.map { ".c\($0.offset){--c:\($0.element.light)}" }.joined()
        let dark = used.map { ".c\($0.offset){--c:\($0.element.dark)}" }.joined()
        return light + "\n@media screen and (prefers-color-scheme:dark){\(dark)}"
    }

    static let style = """
        :root{color-scheme:light dark;--bg:#f6f6f3;--card:#fff;--ink:#1d2127;--soft:#5c636d;--line:#e0e1de;--faint:#f0f0ec;\
        --good:#0a7a55;--bad:#b3261e;--warn:#9a6200;--goodbg:#e3f3ec;--badbg:#fbe9e7;--warnbg:#fbf0da;--on:#fff;--c:#6a7079}
        @media screen and (prefers-color-scheme:dark){:root{--bg:#14171b;--card:#1d2127;--ink:#e9ebee;--soft:#a0a8b3;--line:#333942;\
        --faint:#181b20;--good:#4cc79a;--bad:#ff8a80;--warn:#f0b95a;--goodbg:#16342a;--badbg:#3d1f1d;--warnbg:#3a2c12;--on:#14171b;--c:#8b93a0}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
        header,main,footer{max-width:1080px;margin:0 auto;padding:0 24px}
        header{padding-top:32px}
        header p{font-size:17px;color:var(--soft);margin:10px 0 14px}header p b{color:var(--ink)}
        .brand{display:flex;align-items:center;gap:10px;font-size:26px;font-weight:700;letter-spacing:-.02em}
        .brand svg{color:#c65a00}.brand small{font-size:12px;font-weight:600;letter-spacing:.04em;background:var(--ink);color:var(--bg);\
        padding:1px 8px;border-radius:99px}
        nav{display:flex;flex-wrap:wrap;gap:4px 18px;border-bottom:1px solid var(--line);padding-bottom:12px;font-size:14px}
        nav a{color:var(--soft);text-decoration:none}nav a:hover{color:var(--ink);text-decoration:underline}
        section{margin:44px 0}h2{font-size:22px;letter-spacing:-.01em;margin:0 0 4px}h3{font-size:15px;margin:24px 0 8px}
        small{font-size:12px;color:var(--soft);font-weight:400}.lead{color:var(--soft);margin:0 0 16px;max-width:76ch}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(180px,1fr));gap:12px;margin-top:24px}
        .tile,.card{background:var(--card);border:1px solid var(--line);border-radius:10px}
        .tile{padding:14px 16px}.tile b{display:block;font-size:29px;line-height:1.15;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
        .tile span{display:block;font-weight:600}.tile small{display:block;line-height:1.35;margin-top:2px}
        .tile.good b{color:var(--good)}.tile.bad b{color:var(--bad)}
        .scroll{overflow-x:auto}
        table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
        th,td{text-align:left;padding:6px 10px;border-bottom:1px solid var(--line);vertical-align:middle;font-size:14px}
        thead th{font-size:12px;color:var(--soft);font-weight:600;border-bottom-width:2px;white-space:nowrap}
        td small,th small{display:block}.n{text-align:right;white-space:nowrap}.zero{color:color-mix(in srgb,var(--soft) 55%,transparent)}
        td.bad{color:var(--bad);font-weight:700}td.warn{color:var(--warn);font-weight:700}
        .scroll.card table tr:last-child td{border-bottom:0}.delivery tbody tr:not(.group) td{border-top:1px solid var(--faint)}
        .delivery tbody td,.delivery tbody th{border-bottom:0}.delivery tbody tr.group>*{border-top:1px solid var(--line)}
        .delivery th[rowspan]{vertical-align:top;padding-top:9px}.bar{min-width:170px;white-space:nowrap}
        .meter{display:inline-block;vertical-align:middle;width:110px;height:9px;border-radius:5px;background:var(--line);overflow:hidden;margin-right:9px}
        .meter span{display:block;height:100%;background:var(--c)}
        td.who{white-space:nowrap}.late{max-width:640px}.swatch{display:inline-block;width:11px;height:11px;border-radius:3px;background:var(--c);margin-right:8px}
        i{font-style:normal}
        .p{display:inline-flex;align-items:center;justify-content:center;width:17px;height:17px;border-radius:4px;background:#3a3f47;color:#fff;\
        font-size:11px;font-weight:700;line-height:1;flex:none}
        .p{box-shadow:0 0 0 1px color-mix(in srgb,var(--ink) 22%,transparent)}.p-x{background:#0f1419}.p-mock{background:#6b4fbb}.p-facebook{background:#1767d2}.p-instagram{background:#c13584}.p-tiktok{background:#111}
        .legend{display:flex;flex-wrap:wrap;gap:6px 18px;font-size:13px;color:var(--soft);margin:0}
        .legend span{display:inline-flex;align-items:center;gap:6px}
        .month{margin-top:8px;break-inside:avoid}
        .grid{display:grid;grid-template-columns:repeat(7,minmax(0,1fr));border:1px solid var(--line);border-radius:10px;overflow:hidden;\
        background:var(--line);gap:1px;min-width:860px}
        .dow{background:var(--faint);font-size:12px;font-weight:600;color:var(--soft);padding:4px 8px}
        .day{background:var(--card);min-height:62px;min-width:0;padding:4px 5px 6px;display:flex;flex-direction:column;gap:3px}
        .day.weekend{background:var(--faint)}.day.outside{background:var(--bg)}.day.outside .date{opacity:.4}
        .date{font-size:12px;color:var(--soft);padding-left:3px}
        .chip{display:grid;grid-template-columns:auto 1fr auto auto;align-items:center;gap:1px 5px;border-radius:5px;padding:2px 5px 2px 4px;font-size:12px;line-height:1.3;\
        background:color-mix(in srgb,var(--c) 14%,var(--card));border-left:3px solid var(--c);font-variant-numeric:tabular-nums;cursor:default}
        .chip .badge{grid-column:4}.chip .boost{grid-column:3}
        .chip small{grid-column:1/-1;grid-row:2;font-size:11px;line-height:1.25;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
        .chip.s-failed{background:var(--badbg)}.chip.s-late,.chip.s-waiting{background:var(--warnbg)}.chip.s-scheduled,.chip.s-cancelled{opacity:.65}
        .badge{display:inline-flex;align-items:center;justify-content:center;width:15px;height:15px;border-radius:50%;font-size:10px;font-weight:800;\
        line-height:1;background:var(--goodbg);color:var(--good);flex:none}
        .b-failed{background:var(--bad);color:var(--on)}.b-late,.b-waiting{background:var(--warn);color:var(--on)}
        .b-scheduled,.b-cancelled{background:var(--line);color:var(--soft)}.boost{color:#c65a00;font-size:11px}
        figure{margin:0;padding:18px 18px 14px}figcaption{margin-top:10px}figcaption ul{margin:6px 0;padding-left:18px}
        .data{display:flex;gap:8px;align-items:center;font-weight:600;margin:0}.caveat{color:var(--soft);font-size:13px;margin:6px 0 0}
        details{margin-top:10px}summary{cursor:pointer;color:var(--soft);font-size:14px}
        .boostcard{display:grid;grid-template-columns:minmax(230px,1fr) 2.1fr;gap:26px;padding:18px 20px;margin-top:14px}
        .boostcard table th,.boostcard table td{padding:5px 8px}p.who{display:flex;align-items:center;gap:6px;font-weight:600;margin:0}
        .who .swatch{margin:0}blockquote{margin:10px 0 14px;padding-left:12px;border-left:3px solid var(--line);color:var(--soft)}
        dl{margin:0;display:grid;grid-template-columns:auto 1fr;gap:3px 14px;font-size:14px}dt{color:var(--soft)}dd{margin:0}
        .cap{margin:0 0 6px}.capbar{display:flex;height:16px;border-radius:8px;overflow:hidden;background:var(--line)}
        .spent{background:#0b6fb8}.held{background:repeating-linear-gradient(45deg,#74b0dd,#74b0dd 4px,#9cc8e8 4px,#9cc8e8 8px)}.k.free{background:var(--line)}
        .capkey{display:flex;gap:4px 18px;flex-wrap:wrap;font-size:13px;margin:6px 0 12px}.k{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:6px}
        .ledger time{white-space:nowrap}.l-refused td{color:var(--bad)}.l-refused small{color:inherit}
        .timeline{list-style:none;margin:0;padding:0}
        .timeline li{display:grid;grid-template-columns:128px 1fr;gap:34px;position:relative;padding-bottom:14px;break-inside:avoid}
        .timeline li:before{content:"";position:absolute;left:144px;top:0;bottom:0;width:2px;background:var(--line)}
        .timeline li:after{content:"";position:absolute;left:138px;top:17px;width:14px;height:14px;border-radius:50%;background:var(--good);border:3px solid var(--bg)}
        .timeline li.t-needs_person:after{background:var(--warn)}
        .when{text-align:right;padding-top:13px;font-size:13px;font-variant-numeric:tabular-nums}.when small{display:block}.when .swatch{width:9px;height:9px;margin-right:5px}
        .timeline .card{padding:12px 18px 14px}.timeline h3{margin:0 0 8px;font-size:16px;display:flex;gap:12px;align-items:center;flex-wrap:wrap}
        .timeline dl{grid-template-columns:132px 1fr;gap:5px 14px}
        em{font-style:normal;font-size:12px;font-weight:600;padding:1px 9px;border-radius:99px;background:var(--goodbg);color:var(--good)}
        .t-needs_person em{background:var(--warnbg);color:var(--warn)}
        .columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));gap:20px}.column h3{display:flex;gap:8px;align-items:center}
        .post{display:flex;gap:12px;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px;margin-bottom:10px;break-inside:avoid}
        .post.reply{margin-left:26px;margin-top:-4px}.post>div{min-width:0;flex:1}.post p{margin:0}
        .avatar{width:36px;height:36px;border-radius:50%;background:var(--c);color:var(--on);font-weight:700;display:flex;align-items:center;justify-content:center;flex:none}
        .counts em{margin-left:auto}.post .text{margin:2px 0 6px;overflow-wrap:anywhere;white-space:pre-line}
        .picture{background:linear-gradient(165deg,color-mix(in srgb,var(--c) 10%,var(--card)) 45%,color-mix(in srgb,var(--c) 38%,var(--card)) 46% 70%,\
        color-mix(in srgb,var(--c) 55%,var(--card)) 71%);border-radius:8px;min-height:104px;display:flex;align-items:flex-end;\
        padding:8px;font-size:12px;margin-bottom:6px}.picture span{background:var(--card);border-radius:5px;padding:1px 7px}
        .counts{display:flex;gap:4px 14px;flex-wrap:wrap;font-size:13px;color:var(--soft)}.counts b{color:var(--ink)}
        .commands{margin:12px 0 0;padding:0;list-style:none}.commands li{margin-bottom:10px}
        .commands code{display:block;background:#1d2127;color:#f2f0eb;border:1px solid var(--line);border-radius:8px 8px 0 0;padding:10px 14px;\
        font:14px/1.5 ui-monospace,"SF Mono",Menlo,Consolas,monospace;overflow-x:auto;white-space:pre;user-select:all}
        .commands span{display:block;background:var(--card);border:1px solid var(--line);border-top:0;border-radius:0 0 8px 8px;padding:5px 14px;font-size:13px;color:var(--soft)}
        footer{padding:18px 24px 40px;color:var(--soft);font-size:13px;border-top:1px solid var(--line)}
        @media screen and (max-width:760px){.boostcard{grid-template-columns:1fr}.timeline li{grid-template-columns:1fr;gap:4px;padding-left:26px}\
        .timeline li:before{left:6px}.timeline li:after{left:0}.when{text-align:left}.timeline dl{grid-template-columns:1fr}}
        @media print{body{font-size:12px;background:#fff}nav,details{display:none}header,main,footer{max-width:none;padding:0}\
        section{margin:22px 0}h2,h3,.lead,.legend{break-after:avoid;break-inside:avoid}#week,#boosts,#commands{break-inside:avoid}.scroll{overflow:visible}th,td{padding:3px 6px;font-size:11px}\
        .tiles{grid-template-columns:repeat(5,1fr)}.tile b{font-size:20px}.meter{width:60px}.bar{min-width:0}td{white-space:nowrap}td:has(small){white-space:normal}\
        .timeline dl{grid-template-columns:110px 1fr}.grid{min-width:0;grid-template-columns:repeat(7,1fr)}.chip{font-size:9px}.card,.tile,.post{break-inside:avoid}\
        *{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
        """
}
