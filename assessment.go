package vigil

// A Level says how soon a person should look at a listing. It is no measure of guilt.
type Level string

// The levels, from lowest to highest.
const (
	LevelNone     Level = "none"
	LevelNote     Level = "note"
	LevelReview   Level = "review"
	LevelPriority Level = "priority"
	LevelEscalate Level = "escalate"
)

// Rank orders levels: 0 for none up to 4 for escalate; -1 for no level.
func (l Level) Rank() int {
	for i, m := range []Level{LevelNone, LevelNote, LevelReview, LevelPriority, LevelEscalate} {
		if l == m {
			return i
		}
	}
	return -1
}

// A Genre says what kind of text a listing is.
type Genre string

// Genres.
const (
	GenreOfferPerson      Genre = "offer-person"
	GenreOfferGoods       Genre = "offer-goods"
	GenreOfferService     Genre = "offer-service"
	GenreIndependentAdult Genre = "independent-adult"
	GenreNews             Genre = "news"
	GenrePolicy           Genre = "policy"
	GenreSupport          Genre = "support"
	GenreFiction          Genre = "fiction"
	GenreForum            Genre = "forum"
	GenreHistory          Genre = "history"
	GenreRecruitment      Genre = "recruitment"
	GenreScam             Genre = "scam"
	GenreBanner           Genre = "banner"
	GenreUnknown          Genre = "unknown"
)

// An Assessment says which indicators a listing's text shows, and which bytes
// show them. The same listing and model give the same assessment.
type Assessment struct {
	ID           string       `json:"id"` // the listing's
	Source       string       `json:"source,omitempty"`
	Page         string       `json:"page,omitempty"`
	Level        Level        `json:"level"`
	Score        float64      `json:"score"` // 0…1, rounded to 4 places
	Genre        Genre        `json:"genre"`
	Lang         string       `json:"lang"` // ISO 639-1, or "und"
	Findings     []Finding    `json:"findings"`
	Identifiers  []Identifier `json:"identifiers"`
	Insufficient bool         `json:"insufficient"` // too little text, or a language that the model does not read
	Model        string       `json:"model"`        // name, version and hash
}

// Fields of a listing that findings and identifiers point into.
const (
	FieldTitle       = "title"
	FieldDescription = "description"
	FieldContact     = "contact" // its lines, with line feeds between them
	FieldPGP         = "pgp"     // its blocks, likewise
)

// Polarities of a finding.
const (
	For     = "for"     // an indicator
	Against = "against" // a counter-indicator
)

// A Finding is one indicator at one place. Start and End are byte offsets into
// the field as given, so that field[Start:End] == Text. Where the law forbids to
// repeat the text, Text is empty and Withheld holds its hash, as [Withhold]
// spells it.
type Finding struct {
	Indicator string  `json:"indicator"`
	Polarity  string  `json:"polarity"`
	Field     string  `json:"field"`
	Start     int     `json:"start"`
	End       int     `json:"end"`
	Text      string  `json:"text"`
	Weight    float64 `json:"weight"`
	Withheld  string  `json:"withheld,omitempty"`
}

// Withhold returns what stands in a record in place of text that the law forbids
// to repeat.
func Withhold(text string) string { return "sha256:" + SumHex([]byte(text)) }

// A Class says how strong an identifier's own check is.
type Class string

// Classes of identifiers.
const (
	ClassA Class = "A" // checksum of 30 bits or more
	ClassB Class = "B" // weak checksum or structure, 2 to 16 bits
	ClassC Class = "C" // shape and nearby words only
)

// An Identifier is a payment or contact identifier at one place of a text.
type Identifier struct {
	Line     int      `json:"line,omitempty"`  // from 1, where the input is text lines
	ID       string   `json:"id,omitempty"`    // of the row, where the input is JSON lines
	Field    string   `json:"field,omitempty"` // of the listing
	Kind     string   `json:"kind"`
	Value    string   `json:"value"`             // canonical spelling
	Key      string   `json:"key"`               // equal for all spellings of one thing
	Class    Class    `json:"class"`             //
	Network  string   `json:"network,omitempty"` // mainnet or testnet, for coins
	Readings []string `json:"readings"`          // every kind that the value may be, likeliest first
	Method   string   `json:"method"`            // plain, joined, folded, refanged
	Start    int      `json:"start"`             // byte offset into the text as given
	End      int      `json:"end"`
	Raw      string   `json:"raw"` // as written: text[Start:End]
	Redacted bool     `json:"redacted"`
	Warned   bool     `json:"warned,omitempty"` // the text around it warns of it, as in "do not send to …"
}
