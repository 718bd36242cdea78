package watchlist

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"vigil"
)

// Bounds on YAML: a node takes some 200 bytes of memory for two of text, and an
// alias repeats what it stands for.
const (
	maxYAML  = 8 << 20
	maxNodes = 4 << 20 // nodes visited, aliases followed
)

// tagPacks reads GraphSense's TagPacks, and takes the names of actors from
// ActorPacks among the files.
//
// What a tag does not say, the head of its pack says for all its tags.
func (b *builder) tagPacks(srcs []*source) error {
	var packs []tagPack
	actors := map[string]string{}
	for _, s := range srcs {
		err := b.one(s, func(s *source) error {
			text, err := s.whole(maxYAML)
			if err != nil {
				return err
			}
			p, err := newTagPack(s.name, text)
			if err != nil {
				return err
			}
			packs = append(packs, p)
			return p.readActors(actors)
		})
		if err != nil {
			return err
		}
	}
	for _, p := range packs {
		b.file = p.file
		if err := b.tagPack(p, actors); err != nil {
			return err
		}
	}
	return nil
}

// A tagPack is a pack as parsed.
type tagPack struct {
	file string
	head map[string]*yaml.Node
	seen *int // nodes visited
}

func newTagPack(file string, text []byte) (tagPack, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return tagPack{}, fmt.Errorf("the YAML is malformed: %w", err)
	}
	p := tagPack{file: file, seen: new(int)}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return tagPack{}, errors.New("the YAML holds no document")
	}
	var err error
	if p.head, err = p.mapping(doc.Content[0]); err != nil {
		return tagPack{}, err
	}
	if p.head["tags"] == nil && p.head["actors"] == nil {
		return tagPack{}, errors.New("the YAML is no TagPack: it has neither tags nor actors")
	}
	return p, nil
}

// errNodes says that a document is larger than it looks.
var errNodes = fmt.Errorf("the YAML unfolds to more than %d values", maxNodes)

// visit counts nodes, and follows an alias to what it stands for.
func (p tagPack) visit(n *yaml.Node) (*yaml.Node, error) {
	if *p.seen++; *p.seen > maxNodes {
		return nil, errNodes
	}
	if n.Kind == yaml.AliasNode {
		return n.Alias, nil // which is no alias itself
	}
	return n, nil
}

// mapping returns the values of a mapping by their keys; of a key that is given
// twice, the first.
func (p tagPack) mapping(n *yaml.Node) (map[string]*yaml.Node, error) {
	n, err := p.visit(n)
	if err != nil {
		return nil, err
	}
	if n.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: a mapping of names to values is expected", n.Line)
	}
	m := make(map[string]*yaml.Node, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		v, err := p.visit(n.Content[i+1])
		if err != nil {
			return nil, err
		}
		if k := n.Content[i]; k.Kind == yaml.ScalarNode && m[k.Value] == nil {
			m[k.Value] = v
		}
	}
	return m, nil
}

// list returns the texts of a list, or of the one value that stands in its place.
func (p tagPack) list(n *yaml.Node) ([]string, error) {
	if n == nil {
		return nil, nil
	}
	if n.Kind == yaml.ScalarNode {
		return []string{scalar(n)}, nil
	}
	var out []string
	for _, c := range n.Content {
		c, err := p.visit(c)
		if err != nil {
			return nil, err
		}
		if s := scalar(c); s != "" && len(out) < maxProgs {
			out = append(out, s)
		}
	}
	return out, nil
}

// scalar returns the text of a value; empty for none, null, lists and mappings.
func scalar(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return ""
	}
	return n.Value
}

// readActors adds the names of the pack's actors.
func (p tagPack) readActors(names map[string]string) error {
	n := p.head["actors"]
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	for _, c := range n.Content {
		a, err := p.mapping(c)
		if err != nil {
			return err
		}
		if id := scalar(a["id"]); id != "" {
			names[id] = scalar(a["label"])
		}
	}
	return nil
}

func (b *builder) tagPack(p tagPack, actors map[string]string) error {
	tags := p.head["tags"]
	if tags == nil {
		return nil // an ActorPack
	}
	if tags.Kind != yaml.SequenceNode {
		return fmt.Errorf("%s: line %d: tags is no list", p.file, tags.Line)
	}
	b.title = or(b.title, clean(scalar(p.head["title"])))
	if day, ok := readDate(scalar(p.head["lastmod"]), false); ok && day > b.fileDate {
		b.fileDate, b.fileDateFrom = day, "lastmod"
	}
	for _, n := range tags.Content {
		tag, err := p.mapping(n)
		if errors.Is(err, errNodes) {
			return err
		}
		if err != nil {
			if err := b.problem(n.Line, "the tag is no mapping of names to values"); err != nil {
				return err
			}
			continue
		}
		if err := b.tag(p, n.Line, tag, actors); err != nil {
			return err
		}
	}
	return nil
}

// tag keeps one tag, with what it inherits.
func (b *builder) tag(p tagPack, line int, tag map[string]*yaml.Node, actors map[string]string) error {
	field := func(name string) string {
		if n, ok := tag[name]; ok {
			return scalar(n)
		}
		return scalar(p.head[name])
	}
	concepts, ok := tag["concepts"]
	if !ok {
		concepts = p.head["concepts"]
	}
	about, err := p.list(concepts)
	if err != nil {
		return err
	}
	row := vigil.ListRow{
		Line: line, Raw: scalar(tag["address"]), Party: field("label"), PartyID: field("actor"), URL: field("source"),
	}
	if name := actors[row.PartyID]; name != "" {
		row.Party = join(row.Party, name)
	}
	var kinds []string
	for _, k := range append([]string{field("category"), field("abuse")}, about...) {
		if k != "" && !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	row.Category = strings.Join(kinds, ", ")
	if c := field("confidence"); c != "" {
		level, known := confidences()[c]
		if n, err := strconv.Atoi(c); err == nil && n >= 1 && n <= 100 {
			level, known = n, true
		}
		if !known {
			row.Problem = fmt.Sprintf("confidence %s is not in GraphSense's table", quote(c))
		}
		row.Confidence = level
	}
	if row.Raw == "" {
		if row.Raw = scalar(tag["tx_hash"]); row.Raw != "" {
			row.Problem = join(row.Problem, "it tags a transaction and no address")
		}
	}
	return b.row(row, column{symbol: or(field("currency"), field("network"))})
}

// confidences is GraphSense's scale, graphsense-tagpack-tool,
// src/tagpack/db/confidence.csv.
func confidences() map[string]int {
	return map[string]int{
		"override": 100, "ownership": 100, "ledger_immanent": 100, "manual_transaction": 90,
		"service_api": 70, "forensic_investigation": 70, "authority_data": 60, "trusted_provider": 50,
		"service_data": 50, "forensic": 50, "untrusted_transaction": 40, "web_crawl": 20, "heuristic": 10, "unknown": 5,
	}
}
