// SPDX-License-Identifier: MIT

/// How a client speaks: sentences with gaps, and what fits into the gaps.
struct DemoVoice: Sendable {
    /// Sentences; `{bread}` is a gap.
    var sentences: [String]
    /// What fits into each gap.
    var words: [String: [String]]

    /// Makes a text that is not among those that were used.
    ///
    /// - Parameters:
    ///   - used: The texts that exist; the new one is added.
    ///   - generator: Where chance comes from.
    /// - Returns: The text; it begins with a capital letter.
    func text(avoiding used: inout Set<String>, using generator: inout some RandomNumberGenerator) -> String {
        for _ in 0..<200 {
            let text = self.filled(self.sentences.randomElement(using: &generator) ?? "", using: &generator)
            if used.insert(text).inserted { return text }
        }
        preconditionFailure("a voice has too few sentences for so many posts")
    }

    /// Fills the gaps; a word is not used twice in one sentence.
    private func filled(_ sentence: String, using generator: inout some RandomNumberGenerator) -> String {
        var out = ""
        var rest = sentence[...]
        var taken: Set<String> = []
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            out += rest[..<open]
            let gap = String(rest[rest.index(after: open)..<close])
            let choices = (self.words[gap] ?? []).filter { !taken.contains($0) }
            let word = choices.randomElement(using: &generator) ?? gap
            taken.insert(word)
            out += word
            rest = rest[rest.index(after: close)...]
        }
        let text = out + rest
        return text.prefix(1).uppercased() + text.dropFirst()
    }
}

extension DemoVoice {
    /// A bakery at a harbour in Berlin.
    static let bakery = DemoVoice(
        sentences: [
            "Fresh from the oven at {hour}: {bread}. {closing}",
            "{bread} with {extra} today. Only {count} of them, then it is over until tomorrow.",
            "Guten Morgen, {district}! {bread} and a {drink} for {price}. {closing}",
            "Why do we give our {bread} {days} days? Because the sourdough says so.",
            "From the bakehouse: {baker} is shaping {bread} right now. {closing}",
            "Question of the day: {bread} with {extra} or with {extra}?",
            "Market day at {market}: look for the blue awning. We bring {bread} and {cake}.",
            "Against waste: from {late} on everything is half price. Left today: {bread}.",
            "New on the board: {cake} with {fruit} from {region}.",
            "{cake} is back. {baker} finally gave in. {closing}",
            "Feierabend? {cake} and a {drink} on the quay until {late}.",
            "{baker} asks: who still eats the crust of the {bread} first?",
        ],
        words: [
            "hour": ["5:40", "6:00", "6:15", "6:30"],
            "bread": [
                "Roggenmischbrot", "Hafenkruste", "spelt baguette", "Schrippen", "walnut rye", "potato bread",
                "sunflower loaf", "Laugenstangen", "oat rolls", "Berliner Landbrot",
            ],
            "extra": [
                "salted butter", "caraway", "toasted seeds", "rosemary", "Quark and chives", "plum jam",
                "mountain cheese", "honey from Pankow",
            ],
            "count": ["40", "60", "24", "36", "80"],
            "district": ["Kreuzberg", "Treptow", "Friedrichshain", "Neukölln", "Alt-Stralau"],
            "drink": ["flat white", "filter coffee", "pot of mint tea", "Apfelschorle", "cocoa"],
            "price": ["4,90 €", "5,20 €", "5,50 €"], "days": ["two", "three", "four"],
            "baker": ["Jule", "Cem", "Meister Arndt", "Oksana", "our apprentice Tim"],
            "market": ["Boxhagener Platz", "Maybachufer", "Kollwitzplatz", "Winterfeldtplatz"],
            "late": ["17:00", "17:30", "18:00"],
            "cake": [
                "Franzbrötchen", "Bienenstich", "apple crumble", "poppy seed slice", "rhubarb tart", "Streuselkuchen",
                "cardamom knots",
            ],
            "fruit": ["apples", "sour cherries", "rhubarb", "pears", "blueberries"],
            "region": ["Werder", "the Havelland", "the Altes Land", "Teltow"],
            "closing": [
                "See you at the quay.", "First come, first served.", "Bis gleich!", "While it lasts.",
                "The kettle is on.", "Come as you are.",
            ],
        ])

    /// A harbour museum in New York.
    static let museum = DemoVoice(
        sentences: [
            "On this day in {year}: {event}. See the logbook on deck {deck}.",
            "Object of the day: {object}, {origin}. {closing}",
            "Our conservators have opened {object} for the first time since {year}. {closing}",
            "{tour} leaves at {hour}. {places} places left, weather: {weather}.",
            "Behind the scenes: {person} is cleaning {object}. It takes {weeks} weeks and a very small brush.",
            "Did you know? {fact}",
            "Free admission this {day} from {hour} for everybody from {borough}. {closing}",
            "{person} answers your questions about {topic} at {hour}. Send them here.",
            "Family {day}: build {craft} with {person}. {closing}",
            "From our archive: a letter of {year} that mentions {object}. {closing}",
            "High tide at {hour}. The best view is from deck {deck}, {weather} or not.",
        ],
        words: [
            "year": ["1859", "1883", "1907", "1921", "1938", "1944", "1956"],
            "event": [
                "the ferry line to Red Hook opens", "a tug tows a whale out of the East River",
                "the pier's crane lifts its first locomotive", "fog closes the harbor for eleven hours",
                "the night watch counts 212 ships at anchor", "the last oyster barge leaves the slip",
            ],
            "deck": ["A", "B", "C"],
            "object": [
                "a brass sextant", "the harbor pilot's lantern", "a diver's helmet", "the 1907 tide gauge",
                "a stevedore's hook", "the ferry bell", "a box of signal flags",
            ],
            "origin": [
                "found under the floor of pier 17", "given by a family from Sunset Park",
                "salvaged in Buttermilk Channel",
                "bought for two dollars at a yard sale", "in use until 1956",
            ],
            "tour": ["The lighthouse tour", "The engine room tour", "The tugboat tour", "The knots and ropes tour"],
            "hour": ["11 am", "1 pm", "2:30 pm", "4 pm", "5:15 pm"], "places": ["6", "9", "12", "4", "15"],
            "weather": ["sunny", "a fair breeze", "bring a coat", "light rain", "clear and cold"],
            "person": ["Dr. Okafor", "Captain Reyes", "Mei from conservation", "our archivist Joan"],
            "weeks": ["two", "three", "five", "seven"],
            "fact": [
                "A harbor pilot once knew the bottom of the bay by the taste of the mud.",
                "Manhattan's shoreline is 700 feet wider than in 1650.",
                "A ferry of 1921 burned four tons of coal on a day.",
                "Signal flag Q once meant: my ship is healthy.", "Knots are counted with real knots.",
                "The tide turns here twice a day, and never at the same time.",
            ],
            "day": ["Sunday", "Friday", "Thursday", "Saturday"],
            "borough": ["Brooklyn", "Queens", "the Bronx", "Staten Island", "Harlem"],
            "topic": ["tugboats", "tides", "shipwrecks", "lighthouses", "life on a barge"],
            "craft": ["a paper steamer", "a signal lamp", "a knot board", "a cork compass"],
            "closing": [
                "Pier 17, gate 3.", "Come and see.", "Members go first.", "Bring the kids.", "Open until six.",
                "Tickets at the gangway.",
            ],
        ])

    /// A ramen chain in Tokyo.
    static let ramen = DemoVoice(
        sentences: [
            "Today's broth: {broth}, simmered for {hours} hours. {place} opens at {hour}. {closing}",
            "Say “{password}” at the machine and your {topping} is on us. Today only, all four shops.",
            "Limited bowl no. {number}: {noodle} noodles in {broth} with {topping}. {portions} portions. {closing}",
            "News from {place}: {portions} bowls of {broth} left. Be quick.",
            "{chef} says: eat it in {minutes} minutes, or the noodles forgive nobody.",
            "Rain outside? {broth}, extra {topping}, no questions. {place} is open until late.",
            "From the noodle room: today's cut is {noodle}. {chef} is proud of it. {closing}",
            "Lunch today: {broth} and half a fried rice for ¥{price}. {closing}",
            "Which one? {topping} or {topping}. The answer decides the menu of {week}.",
            "Behind the counter at {place}: {chef} is tasting the {broth} for the {times} time this morning.",
        ],
        words: [
            "broth": ["tori paitan", "red miso", "niboshi shoyu", "yuzu shio", "tonkotsu", "tantan", "kombu and clam"],
            "hours": ["12", "14", "16", "18"], "place": ["Shibuya", "Kanda", "Shimokitazawa", "Nakano"],
            "hour": ["11:00", "11:30", "17:00", "17:30"],
            "password": ["tanuki", "oomori", "sangatsu", "kaedama", "maido"],
            "topping": ["ajitama", "nori", "menma", "charred corn", "chashu", "negi", "a soft egg"],
            "number": ["7", "12", "18", "23", "31", "40"], "noodle": ["thin", "wavy", "whole wheat", "thick"],
            "portions": ["20", "30", "45", "50"], "chef": ["Chef Mori", "Chef Aoki", "Hana"],
            "minutes": ["six", "seven", "eight"], "price": ["980", "1,080", "1,150", "1,200"],
            "week": ["next week", "tomorrow", "the week-end", "April"], "times": ["third", "fifth", "ninth"],
            "closing": ["Irasshaimase!", "Doors open, stools warm.", "Cash or card.", "Queue on the left.", "Maido!"],
        ])

    /// A bicycle workshop in São Paulo.
    static let bicycles = DemoVoice(
        sentences: [
            "Revisão completa em {hours} horas: {part}, {part} e um café. {closing}",
            "Before and after: a {bike} from {year} on its way back to {place}. {closing}",
            "Pedal de {day}: saída às {hour} da {place}. {level}. {closing}",
            "Dica da oficina: {tip}",
            "{person} has built {count} wheels this week. Number {next} is yours.",
            "Chegou: {part} para {bike}. {closing}",
            "Workshop for beginners on {day_en}: {skill}, with {person}. Tools are here, bring your {bike_en}.",
            "Hoje na bancada: {bike} de {year}. {person} cuida. {closing}",
        ],
        words: [
            "hours": ["24", "36", "48"],
            "part": ["câmbio", "freios", "corrente nova", "movimento central", "cabos", "pneus", "rolamentos"],
            "closing": ["Vem!", "Rua Augusta, portão azul.", "Até logo!", "Chama no balcão.", "Sem hora marcada."],
            "bike": ["Caloi 10", "Monark", "Barra Forte", "gravel", "cargueira", "dobrável"],
            "bike_en": ["bike", "patience", "helmet", "folding bike"],
            "year": ["1974", "1982", "1989", "1996", "2004"],
            "place": ["Praça Roosevelt", "Avenida Paulista", "Vila Madalena", "Parque do Ibirapuera", "Barra Funda"],
            "day": ["sábado", "domingo", "quinta"], "hour": ["7h", "7h30", "19h"],
            "level": ["Ritmo leve, 20 km", "Ritmo médio, 45 km", "Só subida, boa sorte"],
            "tip": [
                "corrente limpa dura o dobro.", "calibre os pneus toda semana.", "freio que canta pede lixa fina.",
                "parafuso do selim: torque, não força.", "guarde a bike longe da chuva, ou guarde um pano.",
                "cabo novo, marcha nova.", "ouça o movimento central antes que ele grite.",
            ],
            "person": ["Dona Lúcia", "Rafa", "Seu Tonho", "Bia"], "count": ["9", "11", "14", "17"],
            "next": ["10", "12", "15", "18"], "day_en": ["Saturday", "Wednesday", "Thursday"],
            "skill": ["fixing a flat", "truing a wheel", "reading a chain", "packing for the coast"],
        ])
}
