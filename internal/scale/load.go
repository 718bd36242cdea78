package scale

import (
	"cmp"
	"slices"
	"time"
)

// A Load is what a case takes in, and who looks at it.
type Load struct {
	Clients        int     // Tor clients that fetch at once
	PagesPerClient float64 // pages a second that each fetches
	Orders         int     // over which they are spread evenly
	Commits        int     // a page: its fetch, its reading, its assessment
	KeptBytes      float64 // on disk for a page and what follows from it
	LogBytes       float64 // of write-ahead log for these
	Asking         float64 // share of pages that bring a listing which people must look at
	Reviewers      int
	PerReviewer    float64 // decisions that each makes in a day
	Looks          float64 // pages of the review that each asks for in a second, while at work
	LookCPU        time.Duration
}

// A Host is what the database runs on.
type Host struct {
	Server
	LogRate  float64 // bytes a second of write-ahead log that its disk and its standbys take
	DiskSize float64 // bytes
}

// Pages is how many pages come in a second.
func (l Load) Pages() float64 { return float64(l.Clients) * l.PagesPerClient }

const day = 24 * 60 * 60 // seconds

// A Resource is something that gives out.
type Resource struct {
	Name    string
	Formula string
	Full    float64 // pages a second at which it is used wholly
}

// Resources returns what a load uses, what gives out first before the rest. It is the
// utilisation law (Denning and Buzen, 1978): of a resource, the used share is the rate
// of what comes times what each of it takes there.
func Resources(l Load, h Host) []Resource {
	commits := float64(l.Commits)
	cpu, hold := (h.Before + h.Under).Seconds(), (h.Under + h.Flush + h.Delay).Seconds()
	looks := float64(l.Reviewers) * l.Looks * l.LookCPU.Seconds() // cores
	rs := []Resource{
		{"people who review", "reviewers × decisions a day ÷ (share that asks for them × 86,400)", float64(l.Reviewers) * l.PerReviewer / (l.Asking * day)},
		{"the log of one order", "1 ÷ (commits a page × (under + flush + standby))", 1 / (commits * hold)},
		{"the logs of all orders", "orders ÷ (commits a page × (under + flush + standby))", float64(l.Orders) / (commits * hold)},
		{"processors", "(cores − cores for review) ÷ (commits a page × (before + under))", (float64(h.Cores) - looks) / (commits * cpu)},
		{"connections", "connections ÷ (commits a page × (before + under + flush + standby))", float64(h.Connections) / (commits * (cpu + (h.Flush + h.Delay).Seconds()))},
		{"write-ahead log", "bytes a second ÷ bytes a page", h.LogRate / l.LogBytes},
	}
	slices.SortStableFunc(rs, func(a, b Resource) int { return cmp.Compare(a.Full, b.Full) })
	return rs
}

// DaysToFill is how long a disk lasts.
func DaysToFill(l Load, h Host) float64 { return h.DiskSize / (l.Pages() * l.KeptBytes * day) }
