package bolt

// WithSegmentsOf returns o for a store whose search index has segments of so few
// documents that a test sees them merged.
func WithSegmentsOf(o Options, docs int) Options {
	o.newDocs = docs
	return o
}

// PagesWritten returns how many writes of pages there were since the store was opened.
func (s *Store) PagesWritten() int64 {
	st := s.db.Stats()
	return st.TxStats.GetWrite()
}
