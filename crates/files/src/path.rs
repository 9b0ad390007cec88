//! Where the object of a file is.

use std::fmt;

use freehold_core::{Id, Kind, TenantId};
use object_store::path::Path;

/// The id of a file.
pub type FileId = Id<FileKind>;

/// The kind of [`FileId`].
pub enum FileKind {}
impl Kind for FileKind {
    const NAME: &'static str = "file";
}

/// What all paths begin with.
const ROOT: &str = "tenants";

/// The path of a file's object, `tenants/{tenant_id}/{id}`. There is no path without a tenant, and no text of a caller
/// becomes part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ObjectPath(Path);

impl ObjectPath {
    /// The path of a tenant's file.
    pub(crate) fn new(tenant: TenantId, file: FileId) -> Self {
        Self(Path::from_iter([ROOT, &tenant.to_string(), &file.to_string()]))
    }

    /// What the paths of all objects begin with.
    pub(crate) fn root() -> Path {
        Path::from(ROOT)
    }

    /// What the paths of a tenant's objects begin with.
    pub(crate) fn root_of(tenant: TenantId) -> Path {
        Path::from_iter([ROOT, &tenant.to_string()])
    }

    /// The tenant and the file whose object is at this path; none: no file's object is there.
    pub(crate) fn read(path: &Path) -> Option<(TenantId, FileId)> {
        let parts: Vec<_> = path.parts().collect();
        let [root, tenant, file] = parts.as_slice() else { return None };
        let found = (tenant.as_ref().parse().ok()?, file.as_ref().parse().ok()?);
        // Another spelling of an id, such as one in capitals, is another object.
        (root.as_ref() == ROOT && Self::new(found.0, found.1).0 == *path).then_some(found)
    }

    /// The path as the object store takes it.
    pub(crate) fn as_path(&self) -> &Path {
        &self.0
    }
}

impl fmt::Display for ObjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_its_tenant_and_reads_back() {
        let (tenant, file) = ("019cf1a0-7000-7000-8000-00000000000a", "019cf1a0-7000-7000-8000-00000000000b");
        let (tenant, file) = (tenant.parse().unwrap(), file.parse().unwrap());
        let path = ObjectPath::new(tenant, file);
        assert_eq!(
            path.to_string(),
            "tenants/019cf1a0-7000-7000-8000-00000000000a/019cf1a0-7000-7000-8000-00000000000b"
        );
        assert_eq!(ObjectPath::read(path.as_path()), Some((tenant, file)));
        for other in ["tenants", "tenants/x/y", &path.to_string().to_uppercase(), &format!("{path}/more")] {
            assert_eq!(ObjectPath::read(&Path::from(other)), None, "{other}");
        }
    }
}
