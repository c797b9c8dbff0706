//! Each minute: providers' APIs to journeys, and lost timers are healed.
