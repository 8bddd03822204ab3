//! Answers as gzip (RFC 1952), put together from what was compressed beforehand and what is only stored.
//!
//! A [`Piece`] is the same in every answer and compressed once, by itself. Everything else of an answer is stored as it is,
//! in the same stream. Were a secret compressed together with what a visitor chose, the answer's length would tell how
//! much of it the visitor has guessed (the attack BREACH). It also costs a request next to nothing.

use std::{
    borrow::Cow,
    fmt,
    io::{self, Write as _},
    sync::OnceLock,
};

use askama::Template;
use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::{Compress, Compression, FlushCompress, write::GzEncoder};
use rocket::{
    Request, Response,
    http::{ContentType, Status},
    response::{self, Responder},
};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::ows::trim;

/// Deflate, no name, no time, an unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// The last block, which is empty.
const END: [u8; 5] = [1, 0, 0, 0xff, 0xff];
/// What a stored block can hold.
const BLOCK: usize = 0xffff;
/// Bytes from which an answer gains by it.
const WORTH_IT: usize = 1024;

/// A text that is the same in every answer.
pub struct Piece {
    text: Cow<'static, str>,
    /// A part of a deflate stream: it refers to nothing before it, ends at a whole byte and is not the last.
    deflated: Cow<'static, [u8]>,
    source: OnceLock<String>,
    effect: OnceLock<Effect>,
}

/// What a piece makes of the checksum of everything before it. CRC-32 is linear, so 32 bits and the empty checksum tell it
/// for all, and no page goes through the whole text.
struct Effect {
    of_bits: [u32; 32],
    of_none: u32,
}

impl Effect {
    fn of(text: &[u8]) -> Self {
        let after = |before| checksum(before, text);
        let of_none = after(0);
        Self { of_bits: std::array::from_fn(|bit| after(1 << bit) ^ of_none), of_none }
    }

    fn on(&self, before: u32) -> u32 {
        let set = |bit: usize| ((before >> bit) & 1).wrapping_neg();
        self.of_bits.iter().enumerate().fold(self.of_none, |sum, (bit, of_bit)| sum ^ (of_bit & set(bit)))
    }
}

impl Piece {
    /// With what `build.rs` made of the text.
    pub const fn prepared(text: &'static str, deflated: &'static [u8]) -> Self {
        Self {
            text: Cow::Borrowed(text),
            deflated: Cow::Borrowed(deflated),
            source: OnceLock::new(),
            effect: OnceLock::new(),
        }
    }

    /// Compresses a text, which takes milliseconds.
    pub fn new(text: String) -> Self {
        let mut deflated = Vec::with_capacity(text.len() + text.len() / 1000 + 64);
        let mut packer = Compress::new(Compression::best(), false);
        let status = packer.compress_vec(text.as_bytes(), &mut deflated, FlushCompress::Sync);
        let whole = status.is_ok() && packer.total_in() == text.len() as u64;
        if !whole {
            deflated.clear();
            store(&mut deflated, text.as_bytes());
        }
        Self { text: text.into(), deflated: deflated.into(), source: OnceLock::new(), effect: OnceLock::new() }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The source by which a content security policy permits this script or style (CSP 3, 2.3.1).
    pub fn source(&self) -> &str {
        let made = || format!("'sha256-{}'", STANDARD.encode(Sha256::digest(self.text.as_bytes())));
        self.source.get_or_init(made)
    }
}

/// A page in which pieces stand.
#[derive(Default)]
pub struct Assembled {
    /// Without the pieces.
    text: String,
    /// Where in `text` each of them stands.
    pieces: Vec<(usize, &'static Piece)>,
}

enum Part<'a> {
    Text(&'a str),
    Piece(&'static Piece),
}

impl Assembled {
    /// Renders a page. The pieces among `known` are recognised as they are written, by their place in memory.
    pub fn render(template: &impl Template, known: &[&'static Piece]) -> Result<Self, askama::Error> {
        let mut assembled = Self { text: String::with_capacity(4096), pieces: Vec::with_capacity(known.len()) };
        template.render_into(&mut Writer { into: &mut assembled, known })?;
        Ok(assembled)
    }

    pub fn plain(&self) -> String {
        let length = self.pieces.iter().map(|(_, piece)| piece.text.len()).sum::<usize>();
        let mut whole = String::with_capacity(self.text.len() + length);
        self.each(|part| match part {
            Part::Text(text) => whole.push_str(text),
            Part::Piece(piece) => whole.push_str(&piece.text),
        });
        whole
    }

    pub fn gzip(&self) -> Vec<u8> {
        let length = self.pieces.iter().map(|(_, piece)| piece.deflated.len()).sum::<usize>();
        let mut packed = Vec::with_capacity(self.text.len() + length + 128);
        packed.extend(HEADER);
        let (mut sum, mut length) = (0, 0_u32);
        self.each(|part| match part {
            Part::Text(text) => {
                sum = checksum(sum, text.as_bytes());
                length = length.wrapping_add(text.len() as u32);
                store(&mut packed, text.as_bytes());
            }
            Part::Piece(piece) => {
                sum = piece.effect.get_or_init(|| Effect::of(piece.text.as_bytes())).on(sum);
                length = length.wrapping_add(piece.text.len() as u32);
                packed.extend_from_slice(&piece.deflated);
            }
        });
        packed.extend(END);
        packed.extend(sum.to_le_bytes());
        packed.extend(length.to_le_bytes());
        packed
    }

    fn each(&self, mut act: impl FnMut(Part<'_>)) {
        let mut from = 0;
        for (at, piece) in &self.pieces {
            act(Part::Text(&self.text[from..*at]));
            act(Part::Piece(piece));
            from = *at;
        }
        act(Part::Text(&self.text[from..]));
    }
}

struct Writer<'a> {
    into: &'a mut Assembled,
    known: &'a [&'static Piece],
}

impl fmt::Write for Writer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match self.known.iter().find(|piece| std::ptr::eq::<str>(text, piece.text())) {
            Some(piece) => self.into.pieces.push((self.into.text.len(), piece)),
            None => self.into.text.push_str(text),
        }
        Ok(())
    }
}

/// CRC-32 of what has this checksum, and of these bytes after it.
fn checksum(before: u32, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(before);
    hasher.update(bytes);
    hasher.finalize()
}

/// Adds stored blocks (RFC 1951, 3.2.4).
fn store(packed: &mut Vec<u8>, bytes: &[u8]) {
    for block in bytes.chunks(BLOCK) {
        let length = block.len() as u16;
        packed.push(0);
        packed.extend(length.to_le_bytes());
        packed.extend((!length).to_le_bytes());
        packed.extend_from_slice(block);
    }
}

/// JSON for everybody: it holds no secret and repeats nothing that was asked.
pub struct PublicJson<T> {
    pub body: T,
    /// `Cache-Control`.
    pub caching: &'static str,
}

impl<'r, T: Serialize> Responder<'r, 'static> for PublicJson<T> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut body = serde_json::to_vec(&self.body).map_err(|_| Status::InternalServerError)?;
        let mut response = Response::build();
        if body.len() > WORTH_IT && is_wanted(request) {
            body = whole(&body).map_err(|_| Status::InternalServerError)?;
            response.raw_header("Content-Encoding", "gzip");
        }
        response
            .header(ContentType::JSON)
            .raw_header("Cache-Control", self.caching)
            .raw_header("Vary", "Accept-Encoding")
            .sized_body(body.len(), io::Cursor::new(body))
            .ok()
    }
}

/// A whole answer that holds no secret, compressed as far as it goes.
pub fn whole(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(bytes)?;
    packer.finish()
}

pub fn is_wanted(request: &Request<'_>) -> bool {
    is_taken(request.headers().get("Accept-Encoding"))
}

/// Whether an `Accept-Encoding` gives gzip a weight above zero (RFC 9110, 12.5.3).
fn is_taken<'a>(mut headers: impl Iterator<Item = &'a str>) -> bool {
    let takes = |item: &str| {
        let mut parts = item.split(';').map(trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let refused = |part: &str| {
            let weight = part.split_once('=').filter(|(name, _)| trim(name).eq_ignore_ascii_case("q"));
            weight.is_some_and(|(_, weight)| trim(weight).bytes().all(|b| matches!(b, b'0' | b'.')))
        };
        is_gzip && !parts.any(refused)
    };
    headers.any(|header| header.split(',').any(takes))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use proptest::prelude::*;

    use super::*;
    use crate::web::assets::{SIGNIN_SCRIPT, STYLE};

    #[derive(Template)]
    #[template(source = "{{ before }}{{ one|safe }}{{ between }}{{ two|safe }}{{ after }}", ext = "html")]
    struct Sample<'a> {
        before: &'a str,
        one: &'a str,
        between: &'a str,
        two: &'a str,
        after: &'a str,
    }

    fn unpacked(packed: &[u8]) -> String {
        let mut text = String::new();
        GzDecoder::new(packed).read_to_string(&mut text).expect("gzip");
        text
    }

    fn check(before: &str, between: &str, after: &str) -> (usize, usize) {
        let sample = Sample { before, one: STYLE.text(), between, two: SIGNIN_SCRIPT.text(), after };
        let whole = Assembled::render(&sample, &[&SIGNIN_SCRIPT, &STYLE]).expect("a page");
        let plain = whole.plain();
        assert_eq!(plain, sample.render().expect("a page"));
        let packed = whole.gzip();
        assert_eq!(unpacked(&packed), plain);
        (plain.len(), packed.len())
    }

    #[test]
    fn pieces_are_recognised_and_come_compressed_and_the_rest_as_it_is() {
        let (plain, packed) = check("", "x", "");
        assert!(packed * 2 < plain, "{packed} of {plain}");
        let secret = "0123456789abcdef".repeat(10_000);
        assert!(check("", &secret, "").1 > secret.len());
        // A guess costs the same whether it is right or wrong.
        assert_eq!(check("secret", "secret", "").1, check("secret", "tecres", "").1);
    }

    #[test]
    fn a_piece_made_at_run_time_is_one_too() {
        let text = "正在登录 ".repeat(30_000);
        let piece: &'static Piece = Box::leak(Box::new(Piece::new(text)));
        let sample = Sample { before: "a", one: piece.text(), between: "", two: piece.text(), after: "" };
        let whole = Assembled::render(&sample, &[piece]).expect("a page");
        assert_eq!(unpacked(&whole.gzip()), whole.plain());
        assert!(whole.gzip().len() < 3000);
    }

    proptest! {
        #[test]
        fn every_page_comes_out_as_it_went_in(
            before in "\\PC{0,40}",
            between in prop::collection::vec(any::<char>(), 0..9000),
            after in "[ab]{0,9}",
            times in 1..9_usize,
        ) {
            let between = between.into_iter().collect::<String>().repeat(times);
            check(&before, &between, &after);
        }
    }

    #[test]
    fn gzip_is_sent_to_those_alone_who_ask_for_it() {
        let check = |header: &str, expected| assert_eq!(is_taken([header].into_iter()), expected, "{header:?}");
        for header in ["gzip", "br, GZIP", "deflate,\tgzip ; q=0.5", "gzip;q=1", "gzip;Q=0.001"] {
            check(header, true);
        }
        for header in ["", "*", "identity", "xgzip", "gzip;q=0", "gzip ; q = 0.000", "gzip;q=", "br;q=1"] {
            check(header, false);
        }
        assert!(!is_taken([].into_iter()) && is_taken(["br", "gzip"].into_iter()));
    }
}
