package tornet

import (
	"fmt"
	"strings"
)

// Lines for every process. KISTSchedRunInterval: the standard 10 ms are paid at
// every hop.
const forAll = `TestingTorNetwork 1
AvoidDiskWrites 1
NumCPUs 1
PathsNeededToBuildCircuits 0.25
KISTSchedRunInterval 1 msec
`

// Lines for every relay. The first vote is held when all descriptors are there
// (see firstVote), and no second one within the life of a test: an onion
// service's time period is 24 voting intervals long.
const forRelays = `Address 127.0.0.1
AssumeReachable 1
SocksPort 0
ExitRelay 0
ExitPolicy reject *:*
ContactInfo none
ShutdownWaitLength 0
AuthoritativeDirectory 1
V3AuthoritativeDirectory 1
TestingAuthDirTimeToLearnReachability 0
TestingDirAuthVoteGuard *
TestingDirAuthVoteHSDir *
TestingV3AuthInitialVotingInterval 1800
TestingV3AuthInitialVoteDelay 2
TestingV3AuthInitialDistDelay 2
V3AuthVotingInterval 1800
`

// Lines for the client and for the services' host. A client that asks for a
// consensus before there is one waits for 10 s and more before it asks again:
// so the network comes later.
const forClients = `ClientOnly 1
DisableNetwork 1
`

// SocksFlags are the flags of the client's SOCKS ports: those that OPERATION.md
// recommends.
const SocksFlags = "OnionTrafficOnly ExtendedErrors IsolateSOCKSAuth KeepAliveIsolateSOCKSAuth"

// directory returns the lines by which every process knows the authorities.
func directory(relays []*relay) string {
	var b strings.Builder
	for _, r := range relays {
		fmt.Fprintf(&b, "DirAuthority %s orport=%d v3ident=%s 127.0.0.1:%d %s\n", r.node.Name, r.orPort, r.v3ident, r.dirPort, r.fingerprint)
	}
	return b.String()
}

func (r *relay) torrc() string {
	return fmt.Sprintf("%sNickname %s\nORPort 127.0.0.1:%d\nDirPort 127.0.0.1:%d\n", forRelays, r.node.Name, r.orPort, r.dirPort)
}

func (n *Net) clientTorrc(cfg Config, socksPort int) string {
	var b strings.Builder
	b.WriteString(forClients)
	fmt.Fprintf(&b, "SocksPort unix:%s %s\n", n.socket, SocksFlags)
	fmt.Fprintf(&b, "SocksPort 127.0.0.1:%d %s\n", socksPort, SocksFlags)
	b.WriteString("SafeSocks 1\nTestSocks 1\n")
	if cfg.AuthDir != "" {
		fmt.Fprintf(&b, "ClientOnionAuthDir %s\n", cfg.AuthDir)
	}
	for _, line := range cfg.Client {
		b.WriteString(line + "\n")
	}
	return b.String()
}
