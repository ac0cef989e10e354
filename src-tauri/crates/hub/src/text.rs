//! Small texts: new ids, business days, the fingerprint of a request.

use jiff::tz::TimeZone;
use kitchen::{At, Settings, business_day_start};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::time::{Duration, UNIX_EPOCH};

/// A new id: a ULID by the hub's clock.
pub(crate) fn new_id(at: At) -> String {
    let mut random = [0_u8; 16];
    fill(&mut random);
    ulid::Ulid::from_parts(u64::try_from(at.0).unwrap_or(0), u128::from_ne_bytes(random)).to_string()
}

/// An id after all that these ids have given, by the hub's clock: what comes in the same millisecond keeps its order.
pub(crate) fn next_id(ids: &mut ulid::Generator, at: At) -> String {
    let moment = UNIX_EPOCH + Duration::from_millis(u64::try_from(at.0).unwrap_or(0));
    let id = ids.generate_from_datetime(moment);
    id.unwrap_or_else(|overflow| overflow.commit_overflow_increment()).to_string()
}

/// Random bytes from the system.
pub(crate) fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system has a source of randomness");
}

/// The restaurant's time zone. An unknown name counts as UTC: settings are checked when they are set.
pub(crate) fn zone(settings: &Settings) -> TimeZone {
    TimeZone::get(&settings.time_zone).unwrap_or(TimeZone::UTC)
}

/// When the business day of `at` began.
pub(crate) fn day_began(settings: &Settings, at: At) -> At {
    business_day_start(at, &zone(settings), settings.day_starts_minute)
}

/// The business day of `at`, as `YYYYMMDD`.
pub(crate) fn business_day(settings: &Settings, at: At) -> String {
    let began =
        jiff::Timestamp::from_millisecond(day_began(settings, at).0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    began.to_zoned_datetime(zone(settings)).strftime("%Y%m%d").to_string()
}

/// What a request asks for, whatever the order and the spacing of its JSON.
pub(crate) fn fingerprint(method: &str, path: &str, body: &Value) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(method);
    hash.update([0]);
    hash.update(path);
    hash.update([0]);
    digest(&mut hash, body);
    hash.finalize().into()
}

fn digest(hash: &mut Sha256, value: &Value) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => hash.update(value.to_string()),
        Value::Array(list) => {
            hash.update("[");
            for value in list {
                digest(hash, value);
                hash.update(",");
            }
            hash.update("]");
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(name, _)| *name);
            hash.update("{");
            for (name, value) in entries {
                hash.update(Value::from(name.as_str()).to_string());
                hash.update(":");
                digest(hash, value);
                hash.update(",");
            }
            hash.update("}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_sees_content_and_not_layout() {
        let print = |text: &str| fingerprint("POST", "/orders", &serde_json::from_str(text).unwrap());
        assert_eq!(print(r#"{"a":1,"b":[1,2]}"#), print(r#"{ "b": [1, 2], "a": 1 }"#));
        assert_ne!(print(r#"{"a":1}"#), print(r#"{"a":2}"#));
        assert_ne!(print(r#"{"a":[1,2]}"#), print(r#"{"a":[2,1]}"#));
        assert_ne!(print(r#"["1"]"#), print("[1]"));
        assert_ne!(fingerprint("POST", "/a", &Value::Null), fingerprint("POST", "/b", &Value::Null));
    }

    #[test]
    fn an_order_after_midnight_counts_for_the_evening_before() {
        let settings = Settings::new("r".into(), "R");
        let at = |text: &str| At(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
        assert_eq!(business_day(&settings, at("2026-06-02T01:30:00Z")), "20260601");
        assert_eq!(business_day(&settings, at("2026-06-02T04:00:00Z")), "20260602");
    }

    #[test]
    fn ids_are_new_each_time() {
        let (one, two) = (new_id(At(1_700_000_000_000)), new_id(At(1_700_000_000_000)));
        assert_eq!(one.len(), 26);
        assert_ne!(one, two);
    }

    #[test]
    fn orders_of_one_millisecond_keep_the_order_in_which_they_came() {
        let mut ids = ulid::Generator::new();
        let mut last = next_id(&mut ids, At(1_700_000_000_000));
        // The last one: a clock that went back.
        for at in [1_700_000_000_000; 50].into_iter().chain([1_699_999_999_000]) {
            let next = next_id(&mut ids, At(at));
            assert!(next > last, "{next} after {last}");
            last = next;
        }
    }
}
