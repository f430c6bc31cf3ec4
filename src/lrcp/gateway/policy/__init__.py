"""The gateway's side of the policy: following it, and keeping the last good one."""
