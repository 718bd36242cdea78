package extract

import (
	"strconv"
	"strings"
	"time"

	"vigil"
)

// fillers are words that join the parts of a date, and days of the week, which the
// date implies.
var fillers = wordSet(`at on the of since about around over almost le la de du del à a las el am um den der seit uhr в с г года год -
	mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday mo di mi do fr sa so
	montag dienstag mittwoch donnerstag freitag samstag sonntag lundi mardi mercredi jeudi vendredi samedi dimanche
	lunes martes miércoles jueves viernes sábado domingo пн вт ср чт пт сб вс`)

func wordSet(s string) map[string]bool {
	set := make(map[string]bool)
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

// days are words for days, and how many days ago they are.
var days = map[string]int{
	"today": 0, "heute": 0, "aujourd'hui": 0, "aujourd’hui": 0, "hoy": 0, "сегодня": 0,
	"yesterday": 1, "gestern": 1, "hier": 1, "ayer": 1, "вчера": 1,
}

// months are the names of months and what they are shortened to, in English,
// German, French, Spanish and Russian.
var months = monthNames(
	`january jan januar jänner janvier janv enero ene января январь янв`,
	`february feb februar février févr fév febrero февраля февраль фев`,
	`march mar märz mär mrz mars marzo марта март мар`,
	`april apr avril avr abril abr апреля апрель апр`,
	`may mai mayo мая май`,
	`june jun juni juin junio июня июнь июн`,
	`july jul juli juillet juil julio июля июль июл`,
	`august aug août aout agosto ago августа август авг`,
	`september sep sept septembre septiembre сентября сентябрь сен сент`,
	`october oct oktober okt octobre octubre октября октябрь окт`,
	`november nov novembre noviembre ноября ноябрь ноя`,
	`december dec dezember dez décembre déc diciembre dic декабря декабрь дек`,
)

func monthNames(lists ...string) map[string]int {
	names := make(map[string]int)
	for i, list := range lists {
		for _, name := range strings.Fields(list) {
			names[name] = i + 1
		}
	}
	return names
}

// units are words for lengths of time.
var units = unitNames(map[vigil.Precision]string{
	vigil.ToTheSecond: `s sec secs second seconds sekunde sekunden seconde secondes segundo segundos секунд секунды секунду`,
	vigil.ToTheMinute: `min mins minute minutes minuten minuto minutos минут минуты минуту`,
	vigil.ToTheHour:   `h hr hrs hour hours stunde stunden std heure heures hora horas час часа часов`,
	vigil.ToTheDay:    `d day days tag tage tagen jour jours día días dia dias день дня дней`,
	vigil.ToTheWeek:   `w wk week weeks woche wochen semaine semaines semana semanas неделю недели недель`,
	vigil.ToTheMonth:  `month months mo monat monate monaten mois mes meses месяц месяца месяцев`,
	vigil.ToTheYear:   `y yr yrs year years jahr jahre jahren an ans année années año años год года лет`,
})

func unitNames(lists map[vigil.Precision]string) map[string]vigil.Precision {
	names := make(map[string]vigil.Precision)
	for p, list := range lists {
		for _, name := range strings.Fields(list) {
			names[name] = p
		}
	}
	return names
}

// A span is a length of time by the calendar.
type span struct {
	years, months, days int
	rest                time.Duration
}

func (s span) before(t time.Time) time.Time {
	return t.UTC().AddDate(-s.years, -s.months, -s.days).Add(-s.rest)
}

func (s *span) add(n int, unit vigil.Precision) {
	switch unit {
	case vigil.ToTheSecond:
		s.rest += time.Duration(n) * time.Second
	case vigil.ToTheMinute:
		s.rest += time.Duration(n) * time.Minute
	case vigil.ToTheHour:
		s.rest += time.Duration(n) * time.Hour
	case vigil.ToTheDay:
		s.days += n
	case vigil.ToTheWeek:
		s.days += 7 * n
	case vigil.ToTheMonth:
		s.months += n
	case vigil.ToTheYear:
		s.years += n
	}
}

// ago reads "3 days ago", "2 hours, 5 minutes ago", "vor 3 Tagen", "il y a une
// heure", "hace 3 días", "3 дня назад", "just now". The unit is the shortest.
func ago(words []string) (s span, unit vigil.Precision, ok bool) {
	text := strings.Join(words, " ")
	switch text {
	case "now", "just now", "online now", "gerade eben", "à l’instant", "à l'instant", "ahora", "только что":
		return s, vigil.ToTheMinute, true
	}
	backwards := false
	for _, side := range []struct{ before, after string }{{"vor ", ""}, {"il y a ", ""}, {"hace ", ""}, {"", " ago"}, {"", " назад"}} {
		if rest, ok := strings.CutPrefix(text, side.before); ok && !backwards {
			if rest, ok = strings.CutSuffix(rest, side.after); ok {
				text, backwards = rest, true
			}
		}
	}
	if !backwards {
		return s, "", false
	}
	n := -1
	parts := strings.Fields(text)
	for i, w := range parts {
		switch u, isUnit := units[w]; {
		case ones[w] && n < 0 && i < len(parts)-1: // "an" is a year in French
			n = 1
		case isUnit:
			s.add(max(n, 1), u) // "месяц назад" is one
			n, unit = -1, u
		case fillers[w] || w == "and" || w == "und" || w == "et" || w == "y" || w == "и":
		default:
			v, err := strconv.Atoi(w)
			if err != nil || v < 0 || v > 10_000 || n >= 0 {
				return s, "", false
			}
			n = v
		}
	}
	return s, unit, unit != "" && n < 0
}

// ones are words for one.
var ones = wordSet(`a an one ein eine einem einer einen un une una один одну`)
