"""DogStatsD 1.0-1.6 over UDP and Unix sockets: datagrams in, 10-second buckets out.

    server  -> sockets            bytes from the wire, drained in bursts
            -> aggregator         a line to its series, by a cache of what surrounds the value
                -> lines          the grammar, once per distinct series (and for events and checks)
                -> series         what a series keeps in the open bucket
                -> histogram      the agent's aggregates of `h` and `ms`
            -> outbox             batches to the Consumer, kept and tried again while it cannot take them

What is in memory is lost on kill -9, and DogStatsD has no reply that could say so. Therefore counts, sets and
distributions of the open bucket go to the store every second as increments, which the engine merges by sum, uniq and
sketch. Gauges and the aggregates of histograms are single values of a whole bucket: they go when it closes.

Unlike the agent, a counter that falls silent is not continued with zeros for five minutes; monitors read the absence
of a count as zero.
"""
