package tomlfile

import (
	"encoding"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
)

// A checker compares what a file says with what a Go type can hold.
type checker struct {
	doc      *document
	problems []problem
}

// maxProblems bounds the list: beyond it, the file is no file of ours.
const maxProblems = 50

func (c *checker) add(path, format string, args ...any) {
	if len(c.problems) < maxProblems {
		c.problems = append(c.problems, problem{c.doc.line(path), fmt.Sprintf(format, args...)})
	}
}

// want reports that the value at path is of the wrong type.
func (c *checker) want(path, wanted string, v any) {
	c.add(path, "%s: want %s, got %s", path, wanted, describe(v))
}

var (
	timeType        = reflect.TypeFor[time.Time]()
	durationType    = reflect.TypeFor[time.Duration]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// value checks v, as the library gives it for any, against type t.
func (c *checker) value(path string, v any, t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == timeType:
		c.time(path, v)
		return
	case t == durationType:
		c.duration(path, v)
		return
	case reflect.PointerTo(t).Implements(textUnmarshaler):
		if _, ok := v.(string); !ok {
			c.want(path, "a string", v)
		}
		return
	}
	switch k := t.Kind(); {
	case k == reflect.Struct:
		c.table(path, v, t)
	case k == reflect.Map:
		m, ok := v.(map[string]any)
		if !ok {
			c.want(path, "a table", v)
		}
		for _, key := range slices.Sorted(maps.Keys(m)) {
			c.value(join(path, key), m[key], t.Elem())
		}
	case k == reflect.Slice:
		c.array(path, v, t)
	case k == reflect.String:
		if _, ok := v.(string); !ok {
			c.want(path, "a string", v)
		}
	case k == reflect.Bool:
		if _, ok := v.(bool); !ok {
			c.want(path, "true or false", v)
		}
	case k == reflect.Float32 || k == reflect.Float64:
		c.float(path, v)
	case k >= reflect.Int && k <= reflect.Uint64:
		c.integer(path, v, t)
	case k == reflect.Interface:
	default:
		c.add(path, "%s: the program cannot read a value into %s", path, t)
	}
}

// table checks every key of a table against the fields of struct type t.
func (c *checker) table(path string, v any, t reflect.Type) {
	m, ok := v.(map[string]any)
	if !ok {
		c.want(path, "a table", v)
		return
	}
	fields := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
		if name == "" {
			name = f.Name
		}
		if f.IsExported() && !f.Anonymous && name != "-" {
			fields[name] = f.Type
		}
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		ft, ok := fields[key]
		if !ok {
			c.add(join(path, key), "unknown key %q%s%s", key, in(path), hint(key, slices.Sorted(maps.Keys(fields))))
			continue
		}
		c.value(join(path, key), m[key], ft)
	}
}

// array checks a list of values, or of tables.
func (c *checker) array(path string, v any, t reflect.Type) {
	switch a := v.(type) {
	case []any:
		for i, e := range a {
			c.value(index(path, i), e, t.Elem())
		}
	case []map[string]any:
		for i, e := range a {
			c.value(index(path, i), e, t.Elem())
		}
	default:
		wanted := "a list in [ ]"
		if t.Elem().Kind() == reflect.Struct {
			wanted = "[[" + path + "]]"
		}
		c.want(path, wanted, v)
	}
}

// time refuses dates without a zone: a period that depends on the machine's
// zone is no period.
func (c *checker) time(path string, v any) {
	t, ok := v.(time.Time)
	// The library marks values without a zone by the name of their location.
	if !ok || strings.HasSuffix(t.Location().String(), "-local") {
		c.want(path, "a date and time with its zone, such as 2026-11-01T00:00:00Z", v)
		return
	}
	if y := t.UTC().Year(); y < 1 || y > 9999 {
		c.add(path, "%s: year %d is out of range", path, y)
	}
}

func (c *checker) duration(path string, v any) {
	s, ok := v.(string)
	if !ok {
		c.want(path, `a duration with its unit, such as "2s" or "1m30s"`, v)
		return
	}
	if _, err := time.ParseDuration(s); err != nil {
		c.add(path, `%s: want a duration with its unit, such as "2s" or "1m30s", got %q`, path, s)
	}
}

func (c *checker) float(path string, v any) {
	switch f := v.(type) {
	case int64:
	case float64:
		if math.IsNaN(f) || math.IsInf(f, 0) {
			c.want(path, "a finite number", v)
		}
	default:
		c.want(path, "a number", v)
	}
}

func (c *checker) integer(path string, v any, t reflect.Type) {
	n, ok := v.(int64)
	if !ok {
		c.want(path, "a whole number", v)
		return
	}
	x := reflect.New(t).Elem()
	if x.CanInt() && x.OverflowInt(n) || x.CanUint() && (n < 0 || x.OverflowUint(uint64(n))) {
		c.add(path, "%s: %d is out of range", path, n)
	}
}

// describe names a value's type in TOML's words, and short values themselves.
func describe(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("the string %s", clip(v))
	case bool:
		return fmt.Sprintf("%v", v)
	case int64:
		return fmt.Sprintf("the number %d", v)
	case float64:
		return fmt.Sprintf("the number %v", v)
	case time.Time:
		if strings.HasSuffix(v.Location().String(), "-local") {
			return "one without a zone"
		}
		return "a date and time"
	case map[string]any:
		return "a table"
	}
	return "a list"
}

// clip quotes the beginning of s.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return fmt.Sprintf("%q…", string(r[:40]))
	}
	return fmt.Sprintf("%q", s)
}

// in names the table that holds a key; nothing for the top of the file.
func in(path string) string {
	if path == "" {
		return ""
	}
	return " in " + path
}
