//! What an executable asks of the machine that runs it.

use anyhow::{bail, Context, Result};

/// Kind of segment: the table for the dynamic linker.
const DYNAMIC: u32 = 2;
/// Kind of segment: the path of the dynamic linker.
const INTERPRETER: u32 = 3;
/// Tag in the dynamic linker's table: a shared library.
const NEEDED: u64 = 1;

/// The dynamic linker and the shared libraries that `elf` needs; nothing, if it is static.
///
/// A static executable that can be loaded anywhere has a table for the dynamic linker too, and relocates itself by
/// it: that table alone asks for nobody.
///
/// # Errors
/// A file that is no 64-bit little-endian ELF, or is cut off.
///
/// # Source
/// System V ABI, "Object Files" and "Program Loading and Dynamic Linking"; elf(5).
pub(super) fn needs(elf: &[u8]) -> Result<Vec<String>> {
    const MAGIC: [u8; 6] = [0x7f, b'E', b'L', b'F', 2, 1];
    if !elf.starts_with(&MAGIC) {
        bail!("no 64-bit little-endian ELF");
    }
    let (table, size, count) = (word(elf, 32)?, half(elf, 54)?, half(elf, 56)?);
    let mut needs = Vec::new();
    for n in 0..u64::from(count) {
        let at = table.saturating_add(n * u64::from(size));
        let kind = u32::from_le_bytes(bytes(elf, at)?);
        let start = word(elf, at.saturating_add(8))?;
        let length = word(elf, at.saturating_add(32))?;
        match kind {
            INTERPRETER => {
                let path = part(elf, start, length)?;
                let path = String::from_utf8_lossy(path);
                needs.push(format!("interpreter {}", path.trim_end_matches('\0')));
            }
            DYNAMIC => {
                let entries = part(elf, start, length)?;
                let tags = entries.chunks_exact(16).map(|entry| word(entry, 0));
                let tags = tags.collect::<Result<Vec<_>>>()?;
                let libraries = tags.iter().filter(|tag| **tag == NEEDED).count();
                if libraries > 0 {
                    needs.push(format!("shared libraries: {libraries}"));
                }
            }
            _ => {}
        }
    }
    Ok(needs)
}

fn part(elf: &[u8], start: u64, length: u64) -> Result<&[u8]> {
    let start = usize::try_from(start)?;
    let end = start.checked_add(usize::try_from(length)?);
    end.and_then(|end| elf.get(start..end))
        .context("the ELF is cut off")
}

fn bytes<const N: usize>(elf: &[u8], at: u64) -> Result<[u8; N]> {
    Ok(part(elf, at, u64::try_from(N)?)?.try_into()?)
}

fn word(elf: &[u8], at: u64) -> Result<u64> {
    bytes(elf, at).map(u64::from_le_bytes)
}

fn half(elf: &[u8], at: u64) -> Result<u16> {
    bytes(elf, at).map(u16::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An executable of these segments: kind and content of each.
    fn elf(segments: &[(u32, &[u8])]) -> Vec<u8> {
        let mut file = vec![0x7f, b'E', b'L', b'F', 2, 1];
        file.resize(64, 0);
        file[32..40].copy_from_slice(&64_u64.to_le_bytes());
        file[54..56].copy_from_slice(&56_u16.to_le_bytes());
        file[56..58].copy_from_slice(&u16::try_from(segments.len()).unwrap().to_le_bytes());
        let mut start = file.len() + 56 * segments.len();
        for (kind, content) in segments {
            let mut header = [0; 56];
            header[..4].copy_from_slice(&kind.to_le_bytes());
            header[8..16].copy_from_slice(&(start as u64).to_le_bytes());
            header[32..40].copy_from_slice(&(content.len() as u64).to_le_bytes());
            file.extend(header);
            start += content.len();
        }
        for (_, content) in segments {
            file.extend(*content);
        }
        file
    }

    /// A dynamic linker's table of these tags.
    fn table(tags: &[u64]) -> Vec<u8> {
        let entries = tags.iter().flat_map(|tag| [*tag, 0x1000]);
        entries.flat_map(u64::to_le_bytes).collect()
    }

    const LOAD: (u32, &[u8]) = (1, b"code");

    #[test]
    fn an_executable_without_linker_and_libraries_is_static() {
        assert!(needs(&elf(&[LOAD])).unwrap().is_empty());
        // Position-independent: a table, and nobody in it.
        let own = table(&[7, 8, 9, 0]);
        assert!(needs(&elf(&[LOAD, (DYNAMIC, &own)])).unwrap().is_empty());
    }

    #[test]
    fn a_linker_or_a_library_is_told() {
        let linker = (INTERPRETER, &b"/lib64/ld.so\0"[..]);
        assert_eq!(
            needs(&elf(&[LOAD, linker])).unwrap(),
            ["interpreter /lib64/ld.so"]
        );
        let two = table(&[NEEDED, NEEDED, 7, 0]);
        assert_eq!(
            needs(&elf(&[(DYNAMIC, &two), LOAD])).unwrap(),
            ["shared libraries: 2"]
        );
    }

    #[test]
    fn what_is_no_executable_or_is_cut_off_is_an_error() {
        assert!(needs(b"").is_err());
        assert!(needs(b"#!/bin/sh\n").is_err());
        let whole = elf(&[LOAD, (DYNAMIC, &table(&[NEEDED, 0]))]);
        for length in 0..whole.len() {
            assert!(needs(&whole[..length]).is_err(), "{length}");
        }
    }

    /// This test is an executable itself, linked as the host's are.
    #[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
    #[test]
    fn an_executable_of_a_glibc_host_is_not_static() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let told = needs(&own).unwrap().join(", ");
        assert!(
            told.contains("interpreter /") && told.contains("shared libraries: "),
            "{told}"
        );
    }
}
