//! The names of the API's methods, as its descriptors have them.

use prost::Message;

/// The services and methods of this repository's protos.
pub fn methods() -> Vec<(String, String)> {
    #[derive(Clone, PartialEq, Message)]
    struct Files {
        #[prost(message, repeated, tag = "1")]
        files: Vec<File>,
    }
    #[derive(Clone, PartialEq, Message)]
    struct File {
        #[prost(string, tag = "2")]
        package: String,
        #[prost(message, repeated, tag = "6")]
        services: Vec<Service>,
    }
    #[derive(Clone, PartialEq, Message)]
    struct Service {
        #[prost(string, tag = "1")]
        name: String,
        #[prost(message, repeated, tag = "2")]
        methods: Vec<Method>,
    }
    #[derive(Clone, PartialEq, Message)]
    struct Method {
        #[prost(string, tag = "1")]
        name: String,
    }
    let files = Files::decode(counterfoil_proto::DESCRIPTORS)
        .expect("these descriptors were encoded when this was built")
        .files;
    let mut methods = Vec::new();
    for file in files {
        for service in file.services {
            let name = format!("{}.{}", file.package, service.name);
            let all = service.methods.into_iter();
            methods.extend(all.map(|method| (name.clone(), method.name)));
        }
    }
    methods
}
