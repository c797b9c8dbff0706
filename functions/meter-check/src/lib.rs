//! Completed customers: has the meter arrived?.
