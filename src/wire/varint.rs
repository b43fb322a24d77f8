//! Variable-length integers, RFC 9000 §16: the two high bits of the first byte give the length.

use super::WireError;

/// The largest value a varint holds, 2^62 - 1.
pub(super) const VARINT_MAX: u64 = (1 << 62) - 1;

/// Appends `value` in its shortest form. Values above [`VARINT_MAX`] are a mistake of ours.
pub(super) fn write(out: &mut Vec<u8>, value: u64) {
    assert!(value <= VARINT_MAX, "varint out of range");
    if value < 1 << 6 {
        out.push(value as u8);
    } else if value < 1 << 14 {
        out.extend_from_slice(&(value as u16 | 0x4000).to_be_bytes());
    } else if value < 1 << 30 {
        out.extend_from_slice(&(value as u32 | 0x8000_0000).to_be_bytes());
    } else {
        out.extend_from_slice(&(value | 0xc000_0000_0000_0000).to_be_bytes());
    }
}

/// The bytes `write` appends for `value`.
pub(super) const fn length(value: u64) -> usize {
    if value < 1 << 6 {
        1
    } else if value < 1 << 14 {
        2
    } else if value < 1 << 30 {
        4
    } else {
        8
    }
}

/// Takes one integer off the front of `input`.
pub(super) fn read(input: &mut &[u8]) -> Result<u64, WireError> {
    let first = *input.first().ok_or(WireError::Truncated)?;
    let length = 1usize << (first >> 6);
    let bytes = take(input, length)?;
    let mut value = u64::from(first & 0x3f);
    for byte in &bytes[1..] {
        value = value << 8 | u64::from(*byte);
    }
    Ok(value)
}

/// Takes `count` bytes off the front of `input`.
pub(super) fn take<'a>(input: &mut &'a [u8], count: usize) -> Result<&'a [u8], WireError> {
    if input.len() < count {
        return Err(WireError::Truncated);
    }
    let (head, tail) = input.split_at(count);
    *input = tail;
    Ok(head)
}

/// Takes a fixed-size array off the front of `input`.
pub(super) fn take_array<const N: usize>(input: &mut &[u8]) -> Result<[u8; N], WireError> {
    let mut array = [0; N];
    array.copy_from_slice(take(input, N)?);
    Ok(array)
}

/// Takes one byte off the front of `input`.
pub(super) fn take_byte(input: &mut &[u8]) -> Result<u8, WireError> {
    take_array::<1>(input).map(|[byte]| byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_round_trips_at_its_edges() {
        for value in [
            0,
            63,
            64,
            16_383,
            16_384,
            (1 << 30) - 1,
            1 << 30,
            VARINT_MAX,
        ] {
            let mut bytes = Vec::new();
            write(&mut bytes, value);
            assert_eq!(bytes.len(), length(value));
            let mut rest = bytes.as_slice();
            assert_eq!(read(&mut rest), Ok(value));
            assert!(rest.is_empty());
        }
    }

    #[test]
    fn the_examples_of_rfc_9000_appendix_a_1_decode() {
        let mut input: &[u8] = &[0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c];
        assert_eq!(read(&mut input), Ok(151_288_809_941_952_652));
        let mut input: &[u8] = &[0x9d, 0x7f, 0x3e, 0x7d];
        assert_eq!(read(&mut input), Ok(494_878_333));
        let mut input: &[u8] = &[0x7b, 0xbd];
        assert_eq!(read(&mut input), Ok(15_293));
        let mut input: &[u8] = &[0x25];
        assert_eq!(read(&mut input), Ok(37));
    }

    #[test]
    fn a_cut_integer_is_truncated() {
        assert_eq!(read(&mut [].as_slice()), Err(WireError::Truncated));
        assert_eq!(read(&mut [0x40].as_slice()), Err(WireError::Truncated));
    }
}
