//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package bolt

import "os"

// letGo closes a file on which bbolt panicked.
func letGo(f *os.File) { f.Close() }
