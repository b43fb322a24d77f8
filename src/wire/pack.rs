//! MessagePack with bounds: the only way payloads are turned into bytes and back.
//!
//! Decoding caps the nesting (rmp-serde's default of 1,024 lets one small datagram overflow the
//! stack) and refuses bytes left over after the value.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::WireError;

/// The deepest nesting accepted. Our deepest payload nests 6 levels.
const DEPTH_MAX: usize = 16;

/// Encodes `value` as compact MessagePack (structs as arrays).
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    rmp_serde::to_vec(value).expect("our own types serialize into memory")
}

/// Decodes exactly one value from all of `bytes`.
///
/// # Errors
/// [`WireError::Malformed`] when the bytes are no such value, nest too deep, or do not end with it.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    let mut reader = bytes;
    let mut decoder = rmp_serde::Deserializer::new(&mut reader);
    decoder.set_max_depth(DEPTH_MAX);
    let value = T::deserialize(&mut decoder).map_err(|_| WireError::Malformed)?;
    if reader.is_empty() {
        Ok(value)
    } else {
        Err(WireError::Malformed)
    }
}

/// Deserializes a list without believing the length it claims (`#[serde(deserialize_with)]`).
/// Serde's own `Vec` reserves up to 1 MiB for a claim of 5 bytes.
pub(super) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct ListVisitor<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Vec<T>, A::Error> {
            let mut list = Vec::new();
            while let Some(element) = access.next_element()? {
                list.push(element);
            }
            Ok(list)
        }
    }

    deserializer.deserialize_seq(ListVisitor(PhantomData))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailing_bytes_are_refused() {
        let mut bytes = encode(&7u8);
        assert_eq!(decode::<u8>(&bytes), Ok(7));
        bytes.push(0);
        assert_eq!(decode::<u8>(&bytes), Err(WireError::Malformed));
    }

    #[test]
    fn deep_nesting_is_refused_before_the_stack_notices() {
        #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        struct Nest {
            inner: Vec<Nest>,
        }
        let bytes = vec![0x91; 60_000];
        assert_eq!(decode::<Nest>(&bytes), Err(WireError::Malformed));
    }

    #[test]
    fn a_claimed_length_allocates_nothing() {
        // An array header that promises four billion elements, with none behind it.
        assert_eq!(
            decode::<Vec<u64>>(&[0xdd, 0xff, 0xff, 0xff, 0xff]),
            Err(WireError::Malformed)
        );
        assert_eq!(
            decode::<String>(&[0xdb, 0xff, 0xff, 0xff, 0xff]),
            Err(WireError::Malformed)
        );
    }
}
