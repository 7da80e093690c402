// SPDX-License-Identifier: MIT

/// Top-level domains that make a bare name a URL: all country codes and the generic ones in common use.
///
/// This is a part of IANA's list of some 1,400 names. A bare domain under a name that is missing counts as words here and as a URL at X; with
/// `https://` in front any name is taken.
enum TopLevelDomains {
    private static let countries = """
        ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bv bw by bz ca cc cd cf cg ch
        ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm
        gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb
        lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu
        nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st su sv sx
        sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw
        """
    private static let generic = """
        academy accountants adult aero agency ai app art arpa asia associates attorney auction audio auto band bank bar beauty beer berlin best
        bet bid bike biz blog boutique build builders business buzz cab cafe camera camp capital car cards care career careers cars casa cash cat
        catering center chat cheap church city claims cleaning click clinic clothing cloud club coach codes coffee college com community company
        computer condos construction consulting contact contractors cool coop coupons courses credit cruises dance date dating deals degree
        delivery democrat dental design dev diamonds digital direct directory discount doctor dog domains download earth eco edu education email
        energy engineer engineering enterprises equipment estate events exchange expert exposed express fail faith family fan fans farm fashion
        film finance financial fish fit fitness flights florist flowers fm football forsale foundation fun fund furniture futbol fyi gallery game
        games garden gay gifts gives glass global gmbh gold golf google gov graphics gratis green group guide guitars guru hair haus health
        healthcare help hiphop hockey holdings holiday home homes horse hospital host hosting house how icu immo immobilien inc industries info
        ink institute insurance insure int international investments irish ist jetzt jewelry jobs kaufen kim kitchen koeln land law lawyer lease
        legal life lighting limited limo link live loan loans lol london love ltd luxury management market marketing mba media men menu mil mobi
        moda money mortgage movie museum name navy net network news nyc online onl one org page paris partners parts party pet photo photography
        photos pics pictures pink pizza place plumbing plus poker press pro productions promo properties property pub qpon quest racing radio
        realty recipes red rehab reise reisen rent rentals repair report republican rest restaurant review reviews rip rocks rodeo run sale salon
        sarl school schule science security services sex sexy shoes shop shopping show singles site ski skin soccer social software solar
        solutions space sport store stream studio study style supplies supply support surf surgery systems tax taxi team tech technology tel
        tennis theater theatre tickets tienda tips tires tirol today tokyo tools top tours town toys trade trading training travel tube
        university uno vacations vegas ventures vet viajes video villas vin vip vision vodka vote voting voyage wales watch webcam website
        wedding wien wiki win wine work works world wtf xxx xyz yoga youtube zip zone
        """

    /// The names in lower case.
    static let all = Set((Self.countries + " " + Self.generic).split(whereSeparator: \.isWhitespace).map(String.init))
}
