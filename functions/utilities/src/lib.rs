//! The directory of utilities: names, login and recovery links, zones.
