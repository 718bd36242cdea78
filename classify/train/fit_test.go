package train

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"vigil/classify"
	"vigil/internal/eval"
)

// space is a small feature space with one feature of each kind.
func space() []classify.Feature {
	return []classify.Feature{
		{Name: "sale/A", Kind: classify.Strong}, {Name: "debt/A", Kind: classify.Strong}, {Name: "terms/B", Kind: classify.Weak},
		{Name: "hedged", Kind: classify.Told}, {Name: "OBF-1", Kind: classify.Context}, {Name: "MOV-1", Kind: classify.Inverse},
		{Name: "strong+strong", Kind: classify.Combination}, {Name: "CTR-1", Kind: classify.Counter},
	}
}

// world draws samples whose levels follow one logit, within what the kinds of features may weigh.
func world(n int) []Sample {
	r := rand.New(rand.NewPCG(7, 8))
	truth := map[string]float64{"sale/A": 4.5, "debt/A": 4.4, "terms/B": 2.6, "hedged": 0.2, "OBF-1": 0.3, "MOV-1": -0.5, "strong+strong": 0.5, "CTR-1": -1.5}
	out := make([]Sample, n)
	for i := range out {
		f := map[string]float64{}
		logit := -3.0
		for _, s := range space() {
			if r.Float64() < 0.3 {
				f[s.Name] = 1
				logit += truth[s.Name]
			}
		}
		u := r.Float64()
		level := 0
		for rank, cut := range []float64{1: -1, 2: 0, 3: 1.5} {
			if rank > 0 && u < sigmoid(logit-cut) {
				level = rank
			}
		}
		out[i] = Sample{Features: f, Min: level, Max: level, Group: fmt.Sprint(i)}
	}
	return out
}

func TestFitFindsTheWeightsOfAWorld(t *testing.T) {
	m, err := Fit(space(), world(2500))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{"sale/A": 4.5, "debt/A": 4.4, "terms/B": 2.6, "CTR-1": -1.5} {
		if got := m.Weights[name]; math.Abs(got-want) > 0.4 {
			t.Errorf("weight of %s is %v, want about %v", name, got, want)
		}
	}
	if math.Abs(m.Bias+3) > 0.3 || math.Abs(m.Platt.A-1) > 0.15 {
		t.Errorf("bias %v and slope %v, want about -3 and 1", m.Bias, m.Platt.A)
	}
}

// Whatever the labels say, a strong indicator alone makes a review and a weak one does not,
// nothing that speaks against weighs for, and the other way round.
func TestNoLabelsCanTurnTheKindsRound(t *testing.T) {
	samples := world(600)
	for i := range samples {
		samples[i].Min = priority - samples[i].Min
		samples[i].Max = samples[i].Min
	}
	m, err := Fit(space(), samples)
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) float64 { return sigmoid(m.Bias + m.Weights[name]) }
	for name, w := range m.Weights {
		switch name {
		case "sale/A", "debt/A":
			if at(name) < m.Thresholds.Review {
				t.Errorf("%s alone scores %v, review begins at %v", name, at(name), m.Thresholds.Review)
			}
		case "terms/B", "hedged":
			if at(name) >= m.Thresholds.Review {
				t.Errorf("%s alone scores %v, review begins at %v", name, at(name), m.Thresholds.Review)
			}
		case "CTR-1":
			if w >= 0 {
				t.Errorf("%s weighs %v", name, w)
			}
		case "MOV-1":
			if w > 0 {
				t.Errorf("%s weighs %v", name, w)
			}
		default:
			if w < 0 {
				t.Errorf("%s weighs %v", name, w)
			}
		}
	}
}

func TestTheGradientIsTheSlopeOfTheLoss(t *testing.T) {
	samples := world(40)
	samples[0].Min, samples[0].Max = 0, 1
	samples[1].Min, samples[1].Max = 2, 3
	p := newProblem(space())
	rows := p.rows(samples)
	x := p.prior()
	for i := range x {
		x[i] += 0.1 * float64(i%3)
	}
	grad := make([]float64, len(x))
	p.objective(rows, x, grad)
	for i := range x {
		const h = 1e-5
		keep := x[i]
		x[i] = keep + h
		up := p.objective(rows, x, nil)
		x[i] = keep - h
		down := p.objective(rows, x, nil)
		x[i] = keep
		if slope := (up - down) / (2 * h); math.Abs(slope-grad[i]) > 1e-5*(1+math.Abs(slope)) {
			t.Errorf("parameter %d: gradient %v, slope %v", i, grad[i], slope)
		}
	}
}

// A label that allows review and less says nothing.
func TestLabelsOnBothSidesTeachNothing(t *testing.T) {
	p := newProblem(space())
	if rows := p.rows([]Sample{{Min: 0, Max: priority}, {Min: note, Max: review}}); len(rows) != 0 {
		t.Errorf("%d rows, want none", len(rows))
	}
	rows := p.rows([]Sample{{Min: 0, Max: note}, {Min: review, Max: priority}})
	if len(rows) != 2 || rows[0].above || !rows[1].above {
		t.Errorf("rows %+v, want one below review and one above", rows)
	}
}

func TestGroupsAreNeverTornApart(t *testing.T) {
	var samples []Sample
	for i := range 300 {
		samples = append(samples, Sample{Group: fmt.Sprint(i / 3)})
	}
	sizes := 0
	for k := range folds {
		in, held := split(samples, k)
		if len(in)+len(held) != len(samples) || len(held) < 20 {
			t.Errorf("fold %d has %d texts, the rest %d", k, len(held), len(in))
		}
		sizes += len(held)
		inside := map[string]bool{}
		for _, i := range held {
			inside[samples[i].Group] = true
		}
		for _, i := range in {
			if inside[samples[i].Group] {
				t.Fatalf("group %s is on both sides of fold %d", samples[i].Group, k)
			}
		}
	}
	if sizes != len(samples) {
		t.Errorf("the folds hold %d texts, want %d", sizes, len(samples))
	}
}

func TestPlattUndoesAStretch(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	var logits []float64
	var samples []Sample
	for range 20000 {
		x := 4 * (r.Float64() - 0.5)
		s := Sample{Max: 1}
		if r.Float64() < sigmoid(0.5*x+0.7) {
			s = Sample{Min: 2, Max: 2}
		}
		logits, samples = append(logits, x), append(samples, s)
	}
	if p := fitPlatt(logits, samples); math.Abs(p.A-0.5) > 0.04 || math.Abs(p.B-0.7) > 0.05 {
		t.Errorf("calibration %+v, want 0.5 and 0.7", p)
	}
}

// By hand: rates 0, 1, 0, 1 of falling order in the middle pool to 0, 1/2, 1/2, 1.
func TestIsotonicPoolsViolators(t *testing.T) {
	f := isotonic([]float64{1, 2, 3, 4}, []Sample{{}, {Min: 2, Max: 2}, {}, {Min: 3, Max: 3}})
	for x, want := range map[float64]float64{0: 0, 1: 0, 1.9: 0, 2: 0.5, 3.5: 0.5, 4: 1, 9: 1} {
		if got := f(x); got != want {
			t.Errorf("%v becomes %v, want %v", x, got, want)
		}
	}
}

func TestACutIsTheMiddleOfTheWidestRangeOfFewestMistakes(t *testing.T) {
	logits := []float64{-2, -1, 1, 2}
	samples := []Sample{{}, {}, {Min: 2, Max: 2}, {Min: 2, Max: 2}}
	if got := best(logits, samples, review, -5, 5); got != 0 {
		t.Errorf("cut at %v, want 0", got)
	}
	if got := best(logits, samples, review, 0.5, 5); got != 0.75 {
		t.Errorf("cut at %v, want 0.75: the room begins at 0.5", got)
	}
	samples[3] = Sample{} // a negative on top: one mistake below it as above, where there is more room
	if got := best(logits, samples, review, -5, 5); got != 3.5 {
		t.Errorf("cut at %v, want 3.5, above all", got)
	}
}

// The threshold of review lies above all weak votes and below all strong ones and pairs.
func TestTheRoomOfAThreshold(t *testing.T) {
	fs := append(space(), classify.Feature{Name: "control/B", Kind: classify.Weak}, classify.Feature{Name: "weak+weak", Kind: classify.Pair})
	m := classify.Model{Bias: -3, Weights: map[string]float64{"sale/A": 3.5, "debt/A": 4, "terms/B": 1, "control/B": 2, "hedged": 0.5, "weak+weak": 1.5, "CTR-1": -1}}
	if low, high := room(fs, m); low != -1 || high != 0.5 {
		t.Errorf("room from %v to %v, want -1 to 0.5", low, high)
	}
	m.Weights["weak+weak"] = 0.25
	if _, high := room(fs, m); high != 0.25 {
		t.Errorf("room to %v, want 0.25, where a pair is", high)
	}
}

func TestTooFewTextsAreRefused(t *testing.T) {
	_, err := Fit(space(), world(12)[:6])
	if err == nil || !strings.Contains(err.Error(), "expected at least") {
		t.Errorf("error %v", err)
	}
}

func TestTheCardKeepsWhatIsWrittenByHand(t *testing.T) {
	m, err := Fit(space(), world(600))
	if err != nil {
		t.Fatal(err)
	}
	m.Name = "it"
	got, err := Card([]byte("by hand\n"+begin+"stale figures\n"+end+"too\n"), m, space(), []eval.Report{{System: "it", Texts: 7}})
	if err != nil {
		t.Fatal(err)
	}
	text := string(got)
	if !strings.HasPrefix(text, "by hand\n") || !strings.HasSuffix(text, end+"too\n") || strings.Contains(text, "stale") || !strings.Contains(text, "| sale/A | strong vote |") {
		t.Errorf("the card is\n%s", text)
	}
	if _, err := Card([]byte("no marks"), m, space(), []eval.Report{{System: "it", Texts: 7}}); err == nil {
		t.Error("a card without marks is taken")
	}
}
