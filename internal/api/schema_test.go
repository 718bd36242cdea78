package api

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// An openAPI is the document, as far as the tests look at it.
type openAPI struct {
	doc map[string]any
}

func parseDocument() (o openAPI, err error) {
	err = json.Unmarshal(document, &o.doc)
	return o, err
}

// at follows keys, and references, down the document.
func (o openAPI) at(v any, keys ...string) (map[string]any, error) {
	for _, k := range keys {
		m, ok := v.(map[string]any)
		if !ok || m[k] == nil {
			return nil, fmt.Errorf("the document has no %q in %v", k, keys)
		}
		v = o.resolve(m[k])
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%v is no object", keys)
	}
	return m, nil
}

// resolve follows a reference.
func (o openAPI) resolve(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	ref, ok := m["$ref"].(string)
	if !ok {
		return v
	}
	v = o.doc
	for _, k := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		m, _ := v.(map[string]any)
		v = m[k]
	}
	return o.resolve(v)
}

// check holds a value against a schema. It knows the words of JSON Schema that the
// document uses, and fails on any other, so that no rule goes unchecked.
func (o openAPI) check(schema, v any, where string) error {
	s, ok := o.resolve(schema).(map[string]any)
	if !ok {
		return fmt.Errorf("%s: no schema", where)
	}
	for word := range s {
		if !slices.Contains([]string{"type", "properties", "required", "additionalProperties", "items", "enum", "format", "pattern", "minimum", "maximum", "minLength", "maxLength", "description", "example"}, word) {
			return fmt.Errorf("%s: this test does not know %q", where, word)
		}
	}
	if t, ok := s["type"]; ok && !isOf(t, v) {
		return fmt.Errorf("%s: %v is not of type %v", where, v, t)
	}
	if enum, ok := s["enum"].([]any); ok && !slices.Contains(enum, v) {
		return fmt.Errorf("%s: %v is none of %v", where, v, enum)
	}
	switch v := v.(type) {
	case map[string]any:
		return o.checkObject(s, v, where)
	case []any:
		for i, e := range v {
			if err := o.check(s["items"], e, fmt.Sprintf("%s[%d]", where, i)); err != nil {
				return err
			}
		}
	case string:
		return checkString(s, v, where)
	case float64:
		if least, ok := s["minimum"].(float64); ok && v < least {
			return fmt.Errorf("%s: %v is below %v", where, v, least)
		}
		if most, ok := s["maximum"].(float64); ok && v > most {
			return fmt.Errorf("%s: %v is above %v", where, v, most)
		}
	}
	return nil
}

func (o openAPI) checkObject(s, v map[string]any, where string) error {
	required, _ := s["required"].([]any)
	for _, name := range required {
		if _, ok := v[name.(string)]; !ok {
			return fmt.Errorf("%s: no %s", where, name)
		}
	}
	props, _ := s["properties"].(map[string]any)
	for name, e := range v {
		sub := props[name]
		if sub == nil {
			if sub = s["additionalProperties"]; sub == false {
				return fmt.Errorf("%s: undocumented field %s", where, name)
			}
		}
		if sub == nil {
			continue
		}
		if err := o.check(sub, e, where+"."+name); err != nil {
			return err
		}
	}
	return nil
}

func checkString(s map[string]any, v, where string) error {
	n := utf8.RuneCountInString(v)
	if least, ok := s["minLength"].(float64); ok && n < int(least) {
		return fmt.Errorf("%s: %q is too short", where, v)
	}
	if most, ok := s["maxLength"].(float64); ok && n > int(most) {
		return fmt.Errorf("%s: %d characters are too many", where, n)
	}
	if p, ok := s["pattern"].(string); ok && !regexp.MustCompile(p).MatchString(v) {
		return fmt.Errorf("%s: %q is not like %s", where, v, p)
	}
	var err error
	switch f, _ := s["format"].(string); f {
	case "":
	case "date-time":
		_, err = time.Parse(time.RFC3339Nano, v)
	case "date":
		_, err = time.Parse(time.DateOnly, v)
	default:
		err = fmt.Errorf("this test does not know the format %q", f)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	return nil
}

// isOf reports whether v is of a type, or of one of some types.
func isOf(t, v any) bool {
	if ts, ok := t.([]any); ok {
		return slices.ContainsFunc(ts, func(t any) bool { return isOf(t, v) })
	}
	switch v := v.(type) {
	case nil:
		return t == "null"
	case bool:
		return t == "boolean"
	case string:
		return t == "string"
	case []any:
		return t == "array"
	case map[string]any:
		return t == "object"
	case float64:
		return t == "number" || t == "integer" && v == math.Trunc(v)
	}
	return false
}
