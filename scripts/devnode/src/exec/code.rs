//! Code that is a program, or a piece of one, and the module in it.
//!
//! # Source
//! Nitro v3.10.0, `arbos/programs/programs.go`, `arbcompress/native.go`; its go-ethereum,
//! `core/state/statedb_arbitrum.go`.

use super::{
    handler::Context,
    pricing::{activation, gas, Params, MAX_CODE_SIZE},
};
use alloy::primitives::{Address, Bytes};
use brotli::{
    enc::StandardAlloc, BrotliDecompressStream, BrotliResult, BrotliState as BrotliDecoder,
};
use revm::context_interface::{ContextTr, JournalTr};
use std::convert::Infallible;

/// Prefix of a program in one piece; a dictionary byte and the compressed module follow.
pub const CLASSIC: [u8; 3] = [0xEF, 0xF0, 0x00];
/// Prefix of a piece of a program; compressed bytes follow.
pub const FRAGMENT: [u8; 3] = [0xEF, 0xF0, 0x01];
/// Prefix of a program in pieces; a dictionary byte, the decompressed length as four bytes
/// (big-endian), and the addresses of the pieces follow.
pub const ROOT: [u8; 3] = [0xEF, 0xF0, 0x02];

/// True if calling this code runs a program. No prefix counts without a byte behind it.
pub fn is_program(code: &[u8]) -> bool {
    behind(code, CLASSIC)
        .or_else(|| behind(code, ROOT))
        .is_some()
}

/// True if this code may be deployed although it starts with 0xEF.
pub fn is_deployable(code: &[u8]) -> bool {
    is_program(code) || behind(code, FRAGMENT).is_some()
}

/// What follows a prefix, unless nothing does.
fn behind(code: &[u8], prefix: [u8; 3]) -> Option<&[u8]> {
    code.strip_prefix(&prefix).filter(|rest| !rest.is_empty())
}

/// Why a program's module could not be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// The code is not a program's.
    NotWasm,
    /// Gas ran out over reading fragments.
    OutOfGas,
    /// The code is damaged, or beyond a limit.
    Malformed(String),
}

impl From<Infallible> for Unreadable {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

fn malformed<T>(what: impl Into<String>) -> Result<T, Unreadable> {
    Err(Unreadable::Malformed(what.into()))
}

/// The module in an account's code. `charge` pays for each fragment: it is told the most it can
/// cost, then what it does.
pub(crate) fn wasm_of(
    ctx: &mut Context,
    code: &[u8],
    params: &Params,
    charge: impl FnMut(u64, u64) -> Result<(), Unreadable>,
) -> Result<Vec<u8>, Unreadable> {
    if let Some([dictionary, compressed @ ..]) = behind(code, CLASSIC) {
        check_dictionary(*dictionary)?;
        return decompress(compressed, params.max_wasm_size as usize);
    }
    if let Some([dictionary, rest @ ..]) = behind(code, ROOT) {
        let (length, addresses) = read_root(rest, params)?;
        let compressed = read_fragments(ctx, addresses, charge)?;
        check_dictionary(*dictionary)?;
        let wasm = decompress(&compressed, length)?;
        if wasm.len() != length {
            return malformed(format!(
                "invalid wasm: decompressed length {} does not match expected length {length}",
                wasm.len()
            ));
        }
        return Ok(wasm);
    }
    if behind(code, FRAGMENT).is_some() {
        return malformed(
            "fragmented stylus programs cannot be activated directly; \
             activate the root program instead",
        );
    }
    Err(Unreadable::NotWasm)
}

/// The decompressed length and the addresses of the pieces.
fn read_root<'a>(rest: &'a [u8], params: &Params) -> Result<(usize, &'a [[u8; 20]]), Unreadable> {
    let Some((length, addresses)) = rest.split_first_chunk::<4>() else {
        return malformed(format!(
            "stylus program root too short: need at least 8 bytes, got {}",
            ROOT.len() + 1 + rest.len()
        ));
    };
    let length = u32::from_be_bytes(*length);
    let (addresses, odd) = addresses.as_chunks::<20>();
    if !odd.is_empty() {
        return malformed(format!(
            "stylus program root address data has invalid length: {} (must be multiple of 20)",
            addresses.len() * 20 + odd.len()
        ));
    }
    if length > params.max_wasm_size {
        return malformed(format!(
            "invalid wasm: decompressedLength {length} is greater than MaxWasmSize {}",
            params.max_wasm_size
        ));
    }
    if addresses.len() > params.max_fragments.into() {
        return malformed(format!(
            "invalid wasm: fragment count {} exceeds limit of {}",
            addresses.len(),
            params.max_fragments
        ));
    }
    if addresses.is_empty() {
        return malformed("invalid wasm: fragment count cannot be zero");
    }
    Ok((length as usize, addresses))
}

/// The compressed module, from its pieces.
fn read_fragments(
    ctx: &mut Context,
    addresses: &[[u8; 20]],
    mut charge: impl FnMut(u64, u64) -> Result<(), Unreadable>,
) -> Result<Vec<u8>, Unreadable> {
    let mut compressed = Vec::new();
    for address in addresses.iter().map(Address::from) {
        let loaded = ctx.journal_mut().load_account_with_code(address)?;
        let access = if loaded.is_cold {
            gas::COLD_ACCOUNT
        } else {
            gas::WARM
        };
        let code = loaded
            .info
            .code
            .as_ref()
            .map_or_else(Bytes::new, |code| code.original_bytes());
        let copy = |bytes: usize| bytes.div_ceil(32) as u64 * activation::COPY_WORD;
        charge(access + copy(MAX_CODE_SIZE), access + copy(code.len()))?;
        match behind(&code, FRAGMENT) {
            Some(piece) => compressed.extend_from_slice(piece),
            None => {
                return malformed(format!(
                    "code at {address} is not a Stylus program fragment"
                ))
            }
        }
    }
    Ok(compressed)
}

fn check_dictionary(dictionary: u8) -> Result<(), Unreadable> {
    match dictionary {
        0 => Ok(()),
        1 => malformed(
            "dictionary 1 is Nitro's own and is not shipped with this chain: \
             compress the program without a dictionary (0)",
        ),
        other => malformed(format!("unsupported dictionary type: {other}")),
    }
}

/// Undoes brotli; bytes behind the end of the stream are ignored.
fn decompress(compressed: &[u8], most: usize) -> Result<Vec<u8>, Unreadable> {
    // One byte more than may be needed tells a stream that is too long from one that fits.
    let mut wasm = vec![0; most + 1];
    let (mut left_in, mut at_in) = (compressed.len(), 0);
    let (mut left_out, mut at_out, mut written) = (wasm.len(), 0, 0);
    let mut decoder = BrotliDecoder::new(
        StandardAlloc::default(),
        StandardAlloc::default(),
        StandardAlloc::default(),
    );
    let result = BrotliDecompressStream(
        &mut left_in,
        &mut at_in,
        compressed,
        &mut left_out,
        &mut at_out,
        &mut wasm,
        &mut written,
        &mut decoder,
    );
    match result {
        BrotliResult::ResultSuccess if at_out <= most => {
            wasm.truncate(at_out);
            Ok(wasm)
        }
        BrotliResult::ResultSuccess | BrotliResult::NeedsMoreOutput => {
            malformed(format!("failed decompression: more than {most} bytes"))
        }
        BrotliResult::NeedsMoreInput => malformed("failed decompression: the stream has no end"),
        BrotliResult::ResultFailure => malformed("failed decompression: not brotli"),
    }
}
