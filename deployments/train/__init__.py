"""Train the NER model that the package ships, from public corpora and generated notes."""
