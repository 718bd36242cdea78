package classify

// pictures are the emoji that say a word where a listing uses them for it. What is longer
// stands first among those that begin alike; joiners and colours are read over.
var pictures = map[rune]string{
	'👩': "woman", '👨': "man", '🧑': "person", '👧': "girl", '👦': "boy", '👵': "woman", '👴': "man", '👸': "woman", '🤵': "man", '👰': "bride",
	'👷': "worker", '👯': "dancers", '💃': "dancer", '🕺': "dancer", '🧕': "woman", '👭': "two women", '👬': "two men", '👫': "couple", '👥': "people", '👤': "person",
	'🚶': "person", '💁': "person", '🙇': "person", '🧎': "person", '🧹': "cleaning", '🧺': "laundry", '🍳': "cook", '🌾': "farm worker", '🔧': "mechanic",
	'💰': "money", '💵': "dollars", '💶': "euros", '💷': "pounds", '💴': "money", '💸': "money", '🪙': "coin", '💳': "payment", '🏷': "price", '🤑': "money",
	'🚚': "delivery", '🚛': "delivery", '🚐': "van", '🚗': "car", '📦': "delivery", '✈': "flight", '🛫': "flight", '🚢': "ship", '⛴': "ship", '🚂': "train",
	'🛂': "passport", '🪪': "id card", '🆔': "id", '📄': "papers", '📃': "papers", '📑': "papers",
	'🔒': "locked", '🔐': "locked", '🔑': "key", '🗝': "key", '⛓': "chained", '🚪': "door", '🏠': "house", '🏡': "house", '🏘': "houses", '🏭': "factory", '🏨': "hotel", '🚜': "farm",
	'🚫': "no", '❌': "no", '⛔': "no", '🙅': "no", '🤐': "does not speak", '🔨': "auction", '🛒': "buy", '🤝': "deal", '➡': "to", '👉': "to", '📞': "call", '☎': "call", '📱': "phone",
	'💊': "pills", '💉': "needle", '👮': "police", '🚔': "police", '🚓': "police", '⚖': "court", '🌙': "night", '🌃': "night", '🍞': "bread", '😴': "sleep", '🛏': "bed",
	'🐶': "dog", '🐕': "dog", '🐩': "dog", '🐈': "cat", '🐱': "cat", '🐔': "hen", '🐓': "rooster", '🐴': "horse", '🐎': "horse", '🐄': "cow", '🐮': "cow", '🐑': "sheep", '🐐': "goat",
	'🐝': "bees", '🐜': "ants", '🐠': "fish", '🐟': "fish", '🦜': "parrot", '🌱': "plants", '🌿': "plants", '🪴': "plants", '🌲': "plants", '🌹': "roses", '🍁': "weed", '🍀': "weed", '❄': "snow",
	'🪆': "doll", '🤖': "robot", '🎮': "game", '🎬': "film", '📚': "books", '📖': "book", '🚙': "car", '🏍': "motorcycle", '🚲': "bike", '⛵': "boat", '🛥': "boat", '👗': "dress", '👠': "shoes", '👜': "bag",
	'⌚': "watch", '💍': "ring", '💄': "cosmetics",
}

// compounds are what a person joined with a thing means.
var compounds = map[string]string{
	"cook": "cook", "farm worker": "farm worker", "mechanic": "mechanic", "factory": "factory worker",
}

// picture appends the word that an emoji says, set apart by spaces, and reports whether
// there is one. A thing joined to a person takes the person's place: a pan, a cook's.
func picture(cs []char, r rune, lo, hi int) ([]char, bool) {
	if r < 0x2190 {
		return cs, false
	}
	word, ok := pictures[r]
	if !ok {
		return cs, false
	}
	if n := len(cs); compounds[word] != "" && n > 1 && cs[n-1].r == ' ' && int(cs[n-1].hi) < lo && joined(cs, lo) {
		lo, cs = person(cs)
		word = compounds[word]
	}
	put := func(r rune) { cs = append(cs, char{r, int32(lo), int32(hi)}) }
	put(' ')
	for _, r := range word {
		put(r)
	}
	put(' ')
	return cs, true
}

// joined reports whether nothing but a zero-width joiner parts the last word from byte lo.
func joined(cs []char, lo int) bool { return lo-int(cs[len(cs)-1].hi) == len("\u200d") }

// person takes back the picture of a person at the end, and returns where it began.
func person(cs []char) (int, []char) {
	end := cs[len(cs)-1]
	i := len(cs)
	for i > 0 && cs[i-1].lo == end.lo {
		i--
	}
	return int(end.lo), cs[:i]
}
