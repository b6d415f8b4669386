//! One protobuf message a direction on a stream: its length in four bytes, then
//! the message. A longer one than the protocol allows ends the stream before it is read.

use std::io;
use std::marker::PhantomData;

use async_trait::async_trait;
use futures::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use libp2p::StreamProtocol;
use libp2p::request_response;
use prost::Message;

/// Reads and writes requests `Q` and answers `A` of bounded size.
pub struct Codec<Q, A> {
    max_request: usize,
    max_answer: usize,
    messages: PhantomData<fn() -> (Q, A)>,
}

impl<Q, A> Codec<Q, A> {
    pub fn new(max_request: usize, max_answer: usize) -> Self {
        Self {
            max_request,
            max_answer,
            messages: PhantomData,
        }
    }
}

// Derived, it would ask the messages to be `Clone`.
impl<Q, A> Clone for Codec<Q, A> {
    fn clone(&self) -> Self {
        Self::new(self.max_request, self.max_answer)
    }
}

#[async_trait]
impl<Q, A> request_response::Codec for Codec<Q, A>
where
    Q: Message + Default + 'static,
    A: Message + Default + 'static,
{
    type Protocol = StreamProtocol;
    type Request = Q;
    type Response = A;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Q>
    where
        T: AsyncRead + Unpin + Send,
    {
        read(io, self.max_request).await
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<A>
    where
        T: AsyncRead + Unpin + Send,
    {
        read(io, self.max_answer).await
    }

    async fn write_request<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        request: Q,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        write(io, &request, self.max_request).await
    }

    async fn write_response<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        answer: A,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        write(io, &answer, self.max_answer).await
    }
}

async fn read<M: Message + Default>(
    io: &mut (impl AsyncRead + Unpin + Send),
    most: usize,
) -> io::Result<M> {
    let mut length = [0; 4];
    io.read_exact(&mut length).await?;
    let length = u32::from_be_bytes(length) as usize;
    check_length(length, most)?;
    let mut bytes = vec![0; length];
    io.read_exact(&mut bytes).await?;
    M::decode(bytes.as_slice()).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
}

async fn write(
    io: &mut (impl AsyncWrite + Unpin + Send),
    message: &impl Message,
    most: usize,
) -> io::Result<()> {
    let bytes = message.encode_to_vec();
    check_length(bytes.len(), most)?;
    io.write_all(&(bytes.len() as u32).to_be_bytes()).await?;
    io.write_all(&bytes).await?;
    io.flush().await
}

fn check_length(length: usize, most: usize) -> io::Result<()> {
    if length > most {
        let problem = format!("a message of {length} bytes, where {most} are the most");
        return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use counterfoil_proto::v1::{BlockBodyAnswer, BlockBodyRequest};
    use futures::io::Cursor;
    use libp2p::request_response::Codec as _;

    use super::*;

    const PROTOCOL: StreamProtocol = StreamProtocol::new("/test");

    #[tokio::test]
    async fn messages_beyond_the_bound_are_neither_sent_nor_read() {
        let mut codec = Codec::<BlockBodyRequest, BlockBodyAnswer>::new(64, 1024);
        let answer = BlockBodyAnswer {
            block: vec![7; 1000],
        };
        let mut wire = Cursor::new(Vec::new());
        codec
            .write_response(&PROTOCOL, &mut wire, answer.clone())
            .await
            .unwrap();
        wire.set_position(0);
        let read = codec.read_response(&PROTOCOL, &mut wire).await.unwrap();
        assert_eq!(read, answer);

        wire.set_position(0);
        let mut strict = Codec::<BlockBodyRequest, BlockBodyAnswer>::new(64, 512);
        let refused = strict.read_response(&PROTOCOL, &mut wire).await;
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::InvalidData);
        let unsent = strict
            .write_response(&PROTOCOL, &mut Cursor::new(Vec::new()), answer)
            .await;
        assert_eq!(unsent.unwrap_err().kind(), io::ErrorKind::InvalidData);

        let mut huge = Cursor::new(u32::MAX.to_be_bytes().to_vec());
        assert!(codec.read_request(&PROTOCOL, &mut huge).await.is_err());
    }
}
