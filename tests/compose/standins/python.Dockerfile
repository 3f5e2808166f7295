FROM compose-tests/trixie
# The official image keeps its Python in /usr/local and lets pip install into it.
RUN ln -s /usr/bin/python3 /usr/local/bin/python && ln -s /usr/bin/python3 /usr/local/bin/python3 \
    && rm -f /usr/lib/python3.13/EXTERNALLY-MANAGED
CMD ["python3"]
