//! The Liquid that templates are written in.

use liquid::{Error, Parser, ParserBuilder};
use liquid_lib::stdlib::{Capitalize, CaseBlock, CommentBlock, Default, Downcase, IfBlock, UnlessBlock, Upcase};

/// A parser of exactly the tags and filters that the check allows.
///
/// Liquid's whole library would bring regular expressions and a calendar into each function that sends.
pub(crate) fn parser() -> Result<Parser, Error> {
    ParserBuilder::new()
        .block(IfBlock)
        .block(UnlessBlock)
        .block(CaseBlock)
        .block(CommentBlock)
        .filter(Default)
        .filter(Capitalize)
        .filter(Upcase)
        .filter(Downcase)
        .build()
}
