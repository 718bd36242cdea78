package stats

import (
	"encoding/json"
	"math"
	"slices"

	"vigil"
	"vigil/internal/eval"
)

// least is how many pairs, or decided listings, an estimate needs: below it, its
// interval would say nothing.
const least = 10

// An Estimate is a value with its interval of 95 % confidence, or why there is none.
type Estimate struct {
	Value, Low, High float64
	Missing          string // empty if there is a value
}

// MarshalJSON writes value, low and high; or missing.
func (e Estimate) MarshalJSON() ([]byte, error) {
	if e.Missing != "" {
		return json.Marshal(map[string]string{"missing": e.Missing})
	}
	return json.Marshal(map[string]float64{"value": e.Value, "low": e.Low, "high": e.High})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (e *Estimate) UnmarshalJSON(b []byte) error {
	var in struct {
		Value, Low, High float64
		Missing          string
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*e = Estimate(in)
	return nil
}

// share estimates a share of n, with its Wilson interval ([eval.Wilson]).
func share(hits, n int) Estimate {
	if n < least {
		return Estimate{Missing: "too few"}
	}
	return Share(hits, n)
}

// Share is a share of n with its Wilson interval, however small n is; n is not 0.
func Share(hits, n int) Estimate {
	i := eval.Wilson(hits, n)
	return Estimate{Value: float64(hits) / float64(n), Low: i.Low, High: i.High}
}

// An Agreement says how far pairs of readings agree that two people made of one
// listing, each without sight of the other's.
type Agreement struct {
	Pairs int      `json:"pairs"`
	Same  int      `json:"same"`  // of these, with one verdict
	Raw   Estimate `json:"raw"`   // Same / Pairs
	Kappa Estimate `json:"kappa"` // see matrix.kappa
	PABAK Estimate `json:"pabak"` // see matrix.pabak
}

// Agreements are of the same pairs of readings, judged in two ways.
type Agreements struct {
	// Binary is about relevant or not: relevant, urgent and suspected-minor are
	// one, not-relevant is the other, and pairs with another verdict are left out.
	Binary   Agreement `json:"binary"`
	Verdicts Agreement `json:"verdicts"` // all six told apart
}

// A matrix counts pairs of readings by both verdicts: one reader's are the rows,
// the other's the columns.
type matrix [][]int

func newMatrix(categories int) matrix {
	m := make(matrix, categories)
	for i := range m {
		m[i] = make([]int, categories)
	}
	return m
}

// measured returns what the counts amount to. Where the pairs are of changing
// readers, so that none belongs to the rows rather than the columns, pooled puts
// each half into either.
func (m matrix) measured(pooled bool) Agreement {
	var a Agreement
	p := newShares(len(m))
	for i := range m {
		for j, n := range m[i] {
			a.Pairs += n
			if i == j {
				a.Same += n
			}
			p[i][j] += float64(n)
			if pooled && i != j {
				p[i][j], p[j][i] = p[i][j]-float64(n)/2, p[j][i]+float64(n)/2
			}
		}
	}
	if a.Raw = share(a.Same, a.Pairs); a.Raw.Missing != "" {
		a.Kappa, a.PABAK = a.Raw, a.Raw
		return a
	}
	for i := range p {
		for j := range p {
			p[i][j] /= float64(a.Pairs)
		}
	}
	a.Kappa, a.PABAK = p.kappa(a.Raw, a.Pairs), pabak(a.Raw, len(m))
	return a
}

// shares are a matrix over the number of its pairs.
type shares [][]float64

func newShares(k int) shares {
	p := make(shares, k)
	for i := range p {
		p[i] = make([]float64, k)
	}
	return p
}

// kappa is Cohen's: (po − pe) / (1 − pe), po being the share of pairs with one
// verdict and pe = Σ p_i+ · p_+i what two readers with these shares of verdicts
// would reach by chance (Cohen 1960, Educational and Psychological Measurement
// 20:37–46). With rows and columns pooled it is Scott's pi (Scott 1955, Public
// Opinion Quarterly 19:321–325). Its interval is kappa ± 1.96 standard errors,
//
//	n (1−pe)⁴ se² = Σ_i p_ii ((1−pe) − (p_i+ + p_+i)(1−po))²
//	              + (1−po)² Σ_i≠j p_ij (p_+i + p_j+)² − (po·pe − 2pe + po)²
//
// (Fleiss, Cohen and Everitt 1969, Psychological Bulletin 72:323–327, formula 13),
// cut to −1…1. Where all pairs agree that error is 0 and says nothing: then the
// interval is that of po, with pe held fixed. Where all readings have one verdict
// there is no kappa.
func (p shares) kappa(raw Estimate, n int) Estimate {
	po := raw.Value
	rows, columns := p.margins()
	pe := 0.0
	for i := range p {
		pe += rows[i] * columns[i]
	}
	if 1-pe < 1e-12 {
		return Estimate{Missing: "all with one verdict"}
	}
	of := func(share float64) float64 { return (share - pe) / (1 - pe) }
	if raw.Value == 1 {
		return Estimate{Value: 1, Low: max(-1, of(raw.Low)), High: 1}
	}
	sum := 0.0
	for i := range p {
		for j := range p {
			d := (1 - po) * (columns[i] + rows[j])
			if i == j {
				d = (1 - pe) - (rows[i]+columns[i])*(1-po)
			}
			sum += p[i][j] * d * d
		}
	}
	sum -= (po*pe - 2*pe + po) * (po*pe - 2*pe + po)
	half := 1.959963984540054 * math.Sqrt(max(0, sum)/float64(n)) / ((1 - pe) * (1 - pe))
	return Estimate{Value: of(po), Low: max(-1, of(po)-half), High: min(1, of(po)+half)}
}

// margins returns the sums of rows and of columns.
func (p shares) margins() (rows, columns []float64) {
	rows, columns = make([]float64, len(p)), make([]float64, len(p))
	for i := range p {
		for j, v := range p[i] {
			rows[i] += v
			columns[j] += v
		}
	}
	return rows, columns
}

// pabak is the prevalence- and bias-adjusted kappa: (k·po − 1) / (k − 1) with k
// verdicts, which is 2·po − 1 with two (Byrt, Bishop and Carlin 1993, Journal of
// Clinical Epidemiology 46:423–429; with more than two, Bennett's S of 1954). It
// does not fall where one verdict is rare, as kappa does. Its interval is that of
// po in the same formula.
func pabak(raw Estimate, k int) Estimate {
	of := func(share float64) float64 { return (float64(k)*share - 1) / float64(k-1) }
	return Estimate{Value: of(raw.Value), Low: of(raw.Low), High: of(raw.High)}
}

// counted are pairs of readings in both ways of judging.
type counted struct{ binary, verdicts matrix }

func newCounted() *counted { return &counted{newMatrix(2), newMatrix(len(vigil.Verdicts()))} }

// add counts a pair of readings.
func (c *counted) add(verdicts []vigil.Verdict, a, b vigil.Verdict) {
	i, j := slices.Index(verdicts, a)-1, slices.Index(verdicts, b)-1
	if i < 0 || j < 0 {
		return
	}
	c.verdicts[i][j]++
	x, y := Relevance(a), Relevance(b)
	if x != Open && y != Open {
		c.binary[x-1][y-1]++
	}
}

func (c *counted) measured(pooled bool) Agreements {
	return Agreements{Binary: c.binary.measured(pooled), Verdicts: c.verdicts.measured(pooled)}
}

// A Bearing is what a verdict says of a listing's relevance.
type Bearing int

// Bearings. Unsure and needs-translation leave it open.
const (
	Open Bearing = iota
	ForIt
	AgainstIt
)

// Relevance returns what a verdict says.
func Relevance(v vigil.Verdict) Bearing {
	switch v {
	case vigil.Relevant, vigil.Urgent, vigil.SuspectedMinor:
		return ForIt
	case vigil.NotRelevant:
		return AgainstIt
	}
	return Open
}
