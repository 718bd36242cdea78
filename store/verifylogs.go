package store

import (
	"context"
	"fmt"

	"vigil"
)

// VerifyLogs checks the logs of a case as [Verify] does, and nothing else: that
// each line is where its log has it, proved by the tree. It needs no key. What
// records say, and whether they are there, it does not know. Its errors are
// Verify's.
func VerifyLogs(ctx context.Context, r Reader, progress func(done int)) (Report, error) {
	if progress == nil {
		progress = func(int) {}
	}
	v := &verifier{r: r, progress: progress, logsOnly: true}
	logs, err := r.Logs(ctx)
	if err != nil {
		return v.report, fmt.Errorf("verify logs: %w", err)
	}
	for _, order := range logs {
		v.log(ctx, order)
	}
	if err := ctx.Err(); err != nil {
		return v.report, fmt.Errorf("verify logs: %w", err)
	}
	if v.report.Found > 0 {
		return v.report, fmt.Errorf("verify logs: %w: %d faults, the first: %s", vigil.ErrTampered, v.report.Found, v.report.Faults[0])
	}
	return v.report, nil
}
