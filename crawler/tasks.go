package crawler

import "vigil"

// NextTasks returns what follows from a page: a fetch of each of its links, if
// the source allows that depth, and the extraction of its listing.
func NextTasks(src vigil.Source, p vigil.Page) []vigil.Task {
	tasks := []vigil.Task{vigil.NewTask(vigil.Extract, src.ID(), p.ID)}
	if p.Depth+1 > src.MaxDepth {
		return tasks
	}
	for _, link := range p.Links {
		t := vigil.NewTask(vigil.Fetch, src.ID(), link)
		t.Depth, t.From = p.Depth+1, p.ID
		tasks = append(tasks, t)
	}
	return tasks
}
