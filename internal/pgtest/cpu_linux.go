package pgtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// CPU is the time of processors that the server has used since it started, its
// connections among it.
func (s *Server) CPU() (time.Duration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == nil {
		return 0, errors.New("processor time of postgres: it is down")
	}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, file := range stats {
		b, err := os.ReadFile(file)
		if err != nil { // it has ended since
			continue
		}
		p, err := parseStat(string(b))
		if err != nil {
			return 0, err
		}
		if server := s.run.cmd.Process.Pid; p.pid == server || p.parent == server {
			sum += p.used
		}
	}
	return sum, nil
}

// A process is what a line of proc(5) says of one.
type process struct {
	pid, parent int
	used        time.Duration // by itself and by its children that have ended
}

// parseStat reads a line of /proc/PID/stat. Times are in hundredths of a second
// (USER_HZ, as Linux has it everywhere).
func parseStat(line string) (process, error) {
	before, _, _ := strings.Cut(line, " (")
	after := line[strings.LastIndex(line, ")")+1:] // the command's name may hold anything
	f := strings.Fields(after)
	if len(f) < 15 {
		return process{}, fmt.Errorf("%q: want a line of proc(5)", line)
	}
	var n [6]int64
	for i, text := range []string{before, f[1], f[11], f[12], f[13], f[14]} {
		var err error
		if n[i], err = strconv.ParseInt(text, 10, 64); err != nil {
			return process{}, fmt.Errorf("%q: want a line of proc(5): %w", line, err)
		}
	}
	return process{pid: int(n[0]), parent: int(n[1]), used: time.Duration(n[2]+n[3]+n[4]+n[5]) * time.Second / 100}, nil
}
