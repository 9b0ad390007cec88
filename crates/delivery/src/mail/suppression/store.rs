//! SQL of suppressed addresses.

use freehold_db::statements;

use super::Suppression;

statements! {
    /// All suppressed addresses, the latest first.
    fn suppression_list() -> Suppression =
        "select address, reason, answer, since from freehold.mail_suppressions order by since desc, address limit 1000";

    /// The suppressed ones of some addresses.
    fn suppression_among(addresses: Vec<String>) -> (String,) =
        "select address from freehold.mail_suppressions where address = any($1)";

    /// Suppresses an address unless it already is.
    fn suppression_insert(address: &str, reason: &str, answer: Option<String>; now) -> () =
        "insert into freehold.mail_suppressions (address, reason, answer, since) values ($1, $2, $3, $4)
         on conflict (address) do nothing";

    /// Removes a suppression.
    fn suppression_delete(address: &str) -> () = "delete from freehold.mail_suppressions where address = $1";
}
