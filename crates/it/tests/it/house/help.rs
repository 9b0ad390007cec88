//! The program's help, as stored in the repository.

use super::snapshot;

#[test]
fn the_help_of_every_command_is_the_one_in_the_repository() {
    snapshot::same_as("docs/help.txt", &freehold::command::help());
}
