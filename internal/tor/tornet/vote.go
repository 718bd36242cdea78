package tornet

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// voteInterval, in seconds, is the least that Tor takes; it then cuts both
// delays of a vote to a quarter.
const voteInterval = 5

// firstVote waits until every authority holds every relay's descriptor, and
// only then lets them vote. On a fixed clock, as usual, the vote may come before
// the descriptors, and then a whole interval is lost.
func (n *Net) firstVote(ctx context.Context) error {
	if err := n.allList(ctx, "dir/server/all", "router "); err != nil {
		return err
	}
	// A consensus becomes valid at a multiple of the interval plus the offset,
	// and the vote begins 2 s before: now + 0.5 to 1.5 s.
	valid := time.Now().Add(2500*time.Millisecond).Unix() + 1
	for _, r := range n.Relays {
		command := fmt.Sprintf("SETCONF TestingV3AuthInitialVotingInterval=%d TestingV3AuthVotingStartOffset=%d", voteInterval, valid%voteInterval)
		if _, err := r.Control(command); err != nil {
			return err
		}
	}
	return n.allList(ctx, "dir/status-vote/current/consensus-microdesc", "s Authority Fast Guard HSDir Running")
}

// allList waits until what every relay has under key holds one line with that
// prefix for each relay.
func (n *Net) allList(ctx context.Context, key, prefix string) error {
	for _, r := range n.Relays {
		err := n.until(ctx, r.Name+" has "+key, func() (bool, error) {
			// A document that is not there yet is an error to Tor, and none to us.
			document, err := r.Info(key)
			if err != nil {
				return false, nil
			}
			return strings.Count("\n"+document, "\n"+prefix) >= relayCount, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
