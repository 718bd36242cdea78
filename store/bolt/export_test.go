package bolt

// WithSegmentsOf returns o for a store whose search index has segments of so few
// documents that a test sees them merged.
func WithSegmentsOf(o Options, docs int) Options {
	o.newDocs = docs
	return o
}
