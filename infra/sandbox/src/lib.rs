//! Stand-ins of the providers' APIs, and a population of customers who drop off.
