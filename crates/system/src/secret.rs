//! Memory for secrets: kept out of swap and core dumps while it lives, wiped when it ends.
//!
//! Each secret has memory pages of its own. Where the kernel grants none, or locks none, the secret is still wiped.

use std::io;
use std::ops::Deref;
use std::ptr::{self, NonNull};
use std::sync::atomic::{Ordering, compiler_fence};

use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mlock, mmap_anonymous, munmap};

use crate::memory::MEMORY_PAGE_SIZE;

/// Bytes that nobody else is to see. A forked child has a copy.
pub struct SecretBytes {
    base: NonNull<u8>,
    length: usize,
    /// 0: from the ordinary heap.
    mapped_bytes: usize,
}

// SAFETY: the bytes are owned, and reachable through this value only.
unsafe impl Send for SecretBytes {}
// SAFETY: shared references only read.
unsafe impl Sync for SecretBytes {}

impl SecretBytes {
    /// So many zeros.
    pub fn zeroed(length: usize) -> SecretBytes {
        let mapped_bytes = length.max(1).next_multiple_of(MEMORY_PAGE_SIZE);
        match map(mapped_bytes) {
            Ok(base) => SecretBytes { base, length, mapped_bytes },
            Err(_) => {
                let heap = Box::leak(vec![0u8; length].into_boxed_slice());
                SecretBytes { base: NonNull::from(heap).cast(), length, mapped_bytes: 0 }
            }
        }
    }

    /// A copy. The original is the caller's to wipe.
    pub fn copy_of(bytes: &[u8]) -> SecretBytes {
        let mut secret = SecretBytes::zeroed(bytes.len());
        secret.as_mut().copy_from_slice(bytes);
        secret
    }

    /// The content of a file, read into no other memory.
    pub fn read_file(path: &std::path::Path) -> io::Result<SecretBytes> {
        use std::io::Read;
        let mut file = std::fs::File::open(path)?;
        let length = usize::try_from(file.metadata()?.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let mut secret = SecretBytes::zeroed(length);
        file.read_exact(secret.as_mut())?;
        Ok(secret)
    }

    /// The bytes for writing.
    #[allow(clippy::should_implement_trait)]
    pub fn as_mut(&mut self) -> &mut [u8] {
        // SAFETY: `base` points to so many initialised bytes, which we own and borrow exclusively.
        unsafe { std::slice::from_raw_parts_mut(self.base.as_ptr(), self.length) }
    }
}

fn map(size_bytes: usize) -> io::Result<NonNull<u8>> {
    let access = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice aliases nothing.
    let address = unsafe { mmap_anonymous(ptr::null_mut(), size_bytes, access, MapFlags::PRIVATE) }?;
    // SAFETY: the range was mapped just now; the advice changes no content. A kernel that refuses leaves it as it is.
    let _ = unsafe { madvise(address, size_bytes, Advice::LinuxDontDump) };
    // SAFETY: as above. How much may be locked is the administrator's choice.
    let _ = unsafe { mlock(address, size_bytes) };
    NonNull::new(address.cast()).ok_or_else(|| io::ErrorKind::OutOfMemory.into())
}

/// Overwrites bytes with zeros, also if nobody reads them afterwards.
pub fn wipe(bytes: &mut [u8]) {
    for byte in bytes {
        // SAFETY: a valid, exclusive reference.
        unsafe { ptr::write_volatile(byte, 0) };
    }
    compiler_fence(Ordering::SeqCst);
}

impl Deref for SecretBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: `base` points to so many initialised bytes, which we own.
        unsafe { std::slice::from_raw_parts(self.base.as_ptr(), self.length) }
    }
}

impl Clone for SecretBytes {
    fn clone(&self) -> SecretBytes {
        SecretBytes::copy_of(self)
    }
}

impl PartialEq for SecretBytes {
    fn eq(&self, other: &SecretBytes) -> bool {
        let difference = self.iter().zip(other.iter()).fold(0, |sum, (one, two)| sum | (one ^ two));
        self.length == other.length && difference == 0
    }
}

impl Eq for SecretBytes {}

/// Shows nothing.
impl std::fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretBytes(..)")
    }
}

impl Drop for SecretBytes {
    fn drop(&mut self) {
        wipe(self.as_mut());
        if self.mapped_bytes > 0 {
            // SAFETY: mapped by us with this length, and no longer used.
            let _ = unsafe { munmap(self.base.as_ptr().cast(), self.mapped_bytes) };
        } else {
            let heap = ptr::slice_from_raw_parts_mut(self.base.as_ptr(), self.length);
            // SAFETY: leaked from a box of this length.
            drop(unsafe { Box::from_raw(heap) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel says of the mapping that holds an address: its flags.
    fn flags_of(address: usize) -> String {
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut is_inside = false;
        for line in maps.lines() {
            let range = line.split_whitespace().next().unwrap_or_default();
            if let Some((start, end)) = range.split_once('-')
                && let (Ok(start), Ok(end)) =
                    (usize::from_str_radix(start, 16), usize::from_str_radix(end, 16))
            {
                is_inside = (start..end).contains(&address);
            } else if is_inside && let Some(flags) = line.strip_prefix("VmFlags:") {
                return format!("{flags} ");
            }
        }
        String::new()
    }

    /// Secrets lie in pages that are locked, not dumped and not executable, and show themselves to nobody.
    #[test]
    fn protected_while_they_live() {
        let secret = SecretBytes::copy_of(b"pencil");
        assert_eq!(&*secret, b"pencil");
        assert_eq!(secret, secret.clone());
        assert_ne!(secret, SecretBytes::copy_of(b"pencils"));
        assert_eq!(format!("{secret:?}"), "SecretBytes(..)");
        let flags = flags_of(secret.as_ptr() as usize);
        assert!(flags.contains(" dd ") && flags.contains(" lo ") && !flags.contains(" ex "), "{flags}");
        assert!(SecretBytes::zeroed(0).is_empty());
    }

    /// Wiping leaves zeros.
    #[test]
    fn wiped() {
        let mut bytes = *b"pencil";
        wipe(&mut bytes);
        assert_eq!(bytes, [0; 6]);
    }
}
