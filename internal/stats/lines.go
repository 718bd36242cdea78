package stats

import (
	"encoding/json"
	"time"
)

// Lines calls f with each piece of a report as one line of JSON, without its line
// feed; "stat" says which it is: as-of, level, waiting, disputed, day, month,
// agreement, indicator, pair or calibration. Days in which nothing happened are
// left out. Ages are counts in the order of [AgeWords].
func (r Report) Lines(f func(line []byte) error) error {
	var err error
	add := func(stat string, v any) {
		if err != nil {
			return
		}
		var b []byte
		if b, err = Line(stat, v); err == nil {
			err = f(b)
		}
	}
	add("as-of", struct {
		At       time.Time `json:"at"`
		Newest   time.Time `json:"newest,omitzero"`
		Progress Progress  `json:"progress"`
		Model    string    `json:"model,omitempty"`
		Listings int       `json:"listings"`
		Judged   int       `json:"judged"`
	}{r.At, r.Newest, r.Progress, r.Model, r.Listings, r.Judged})
	for _, v := range r.Levels {
		add("level", v)
	}
	for _, v := range r.Waiting {
		add("waiting", v)
	}
	add("disputed", struct {
		Ages Ages `json:"ages"`
	}{r.Disputed})
	for i, spans := range [][]Span{r.Days, r.Months} {
		for _, v := range spans {
			if sumOf(v.Alarms)+sumOf(v.Decisions) > 0 {
				add([]string{"day", "month"}[i], v)
			}
		}
	}
	add("agreement", r.Agreement)
	for _, v := range r.Indicators {
		add("indicator", v)
	}
	for _, v := range r.Pairs {
		add("pair", v)
	}
	for _, v := range r.Calibration {
		add("calibration", v)
	}
	return err
}

// Line returns a struct as one line of JSON that begins with which statistic it is.
func Line(stat string, v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	head, err := json.Marshal(stat)
	if err != nil || len(b) <= len("{}") {
		return b, err
	}
	return append(append(append([]byte(`{"stat":`), head...), ','), b[1:]...), nil
}
